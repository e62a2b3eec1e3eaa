// Gives a site what the identity has of it, before its own scripts run. Only the page itself and frames of its origin
// get it: in a browser too, a site has other storage inside of another site. What is there already stays: the site may
// have renewed it in this visit.
(byOrigin) => {
  const known = Object.hasOwn(byOrigin, location.origin) && byOrigin[location.origin];
  if (!known || Array.from(location.ancestorOrigins).some((origin) => origin !== location.origin)) return;
  const fill = (storage, items) => {
    for (const [name, value] of Object.entries(items)) {
      try {
        if (storage.getItem(name) === null) storage.setItem(name, value);
      } catch {
        return; // it is full
      }
    }
  };
  try {
    fill(localStorage, known[0]);
    fill(sessionStorage, known[1]);
  } catch {
    // a sandboxed document has no storage
  }
}
