// Closes what lies over the page: modal <dialog>s, and consent banners by the button that refuses, else the one that accepts.
() => {
  let closed = 0;
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.close();
    closed += 1;
  }
  const banner = /cookie|consent|gdpr|privacy|datenschutz/i;
  const wishes = [
    /^(reject|decline|refuse|deny)( all)?( cookies)?$|^(only|use) (necessary|essential)|^(alle )?ablehnen$|^tout refuser$|^rechazar/i,
    /^(accept|allow|agree)( all)?( cookies)?$|^i agree$|^got it!?$|^ok(ay)?$|^(alle )?akzeptieren$|^tout accepter$|^aceptar/i,
  ];
  const overlays = [...document.querySelectorAll("div, section, aside, form")].filter((element) => {
    if (!banner.test(`${element.id} ${element.className}`)) return false;
    const { position } = getComputedStyle(element);
    return (position === "fixed" || position === "sticky") && element.offsetHeight > 0;
  });
  for (const overlay of overlays) {
    const buttons = [...overlay.querySelectorAll("button, [role=button], input[type=button], input[type=submit]")];
    const label = (button) => (button.innerText || button.value || "").trim();
    const button = wishes.map((wish) => buttons.find((candidate) => wish.test(label(candidate)))).find(Boolean);
    if (button) {
      button.click();
      closed += 1;
    }
  }
  return closed;
}
