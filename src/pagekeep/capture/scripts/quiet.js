// Resolves when nothing was added to or removed from the document for `quiet` ms, at the latest after `limit` ms.
(quiet, limit) =>
  new Promise((resolve) => {
    let timer;
    const done = (calm) => {
      observer.disconnect();
      clearTimeout(timer);
      clearTimeout(end);
      resolve(calm);
    };
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(() => done(true), quiet);
    };
    const observer = new MutationObserver(restart);
    const end = setTimeout(() => done(false), limit);
    observer.observe(document, { childList: true, characterData: true, subtree: true });
    restart();
  })
