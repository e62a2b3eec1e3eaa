// Walks down the page a screen at a time, so that what loads lazily loads, and back to the top. Returns how far it came.
async (maximum, limit) => {
  const root = document.scrollingElement || document.documentElement;
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
  while (position + innerHeight < Math.min(root.scrollHeight, maximum) && performance.now() < end) {
    position += innerHeight;
    root.scrollTo({ top: position, behavior: "instant" });
    await frame();
  }
  const reached = position + innerHeight;
  if (position > 0) {
    root.scrollTo({ top: 0, behavior: "instant" });
    await frame();
  }
  return Math.round(reached);
}
