// Walks down the page a screen at a time, so that what loads lazily loads, and back to the top. Returns how far it came.
async (maximum, limit) => {
  // Elements a page names "scrollHeight" or "scrollingElement" hide these members; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const scrollHeight = getter(Element, "scrollHeight");
  const scrollTo = method(Element, "scrollTo");

  const root = getter(Document, "scrollingElement")(document) || getter(Document, "documentElement")(document);
  const end = performance.now() + limit;
  const frame = () =>
    new Promise((resolve) => {
      const late = setTimeout(resolve, 100);
      requestAnimationFrame(() => {
        clearTimeout(late);
        resolve();
      });
    });
  let position = 0;
  while (position + innerHeight < Math.min(scrollHeight(root), maximum) && performance.now() < end) {
    position += innerHeight;
    scrollTo(root, { top: position, behavior: "instant" });
    await frame();
  }
  const reached = position + innerHeight;
  if (position > 0) {
    scrollTo(root, { top: 0, behavior: "instant" });
    await frame();
  }
  return Math.round(reached);
}
