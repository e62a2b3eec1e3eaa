// Walks down the page a screen at a time, from `position` on to `maximum` px, for `limit` ms, and back to the top.
// Returns how many steps that took, how far it came, and whether the page changed meanwhile.
async (position, maximum, limit) => {
  const scrollTo = method(Element, "scrollTo");
  // What observes intersections is told at the end of a frame, after the callbacks that ask for one.
  const frame = () =>
    new Promise((resolve) => {
      const late = setTimeout(resolve, 100);
      requestAnimationFrame(() => {
        clearTimeout(late);
        setTimeout(resolve);
      });
    });
  const end = performance.now() + limit;
  let changed = false;
  const observer = new MutationObserver(() => (changed = true));
  observer.observe(document, { childList: true, characterData: true, attributes: true, subtree: true });
  const go = (top) => scrollTo(root(), { top, behavior: "instant" });
  let steps = 0;
  while (position + innerHeight < Math.min(scrollHeight(root()), maximum) && performance.now() < end) {
    position += innerHeight;
    go(position);
    await frame();
    steps += 1;
  }
  if (steps) {
    go(0);
    await frame();
  }
  observer.disconnect();
  return { steps, position, changed };
}
