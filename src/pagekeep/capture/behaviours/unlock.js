// A banner or dialog that is gone may have left the page unable to scroll.
() => {
  for (const element of [getter(Document, "documentElement")(document), body()]) {
    if (!(element instanceof HTMLElement)) continue;
    const { overflowY, position } = getComputedStyle(element);
    if (/hidden|clip/.test(overflowY)) setProperty(styleOf(element), "overflow", "visible", "important");
    if (position === "fixed") setProperty(styleOf(element), "position", "static", "important");
  }
}
