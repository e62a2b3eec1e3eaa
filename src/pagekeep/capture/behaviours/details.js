// Folded sections. Of those that share a name the browser lets only one be open, and taking the name away would change
// for good what is kept; a style sheet that no document holds shows what is folded in them instead. Returns how many.
() => {
  const unfold = setter(HTMLDetailsElement, "open");
  const grouped = "details[name]:not([open])";
  const show = `${grouped}::details-content { content-visibility: visible !important; block-size: auto !important; opacity: 1 !important }`;
  let opened = 0;
  for (const section of every("details:not([open])", HTMLDetailsElement)) {
    if (attribute(section, "name")) continue;
    unfold(section, true);
    opened += 1;
  }
  const done = (globalThis.pagekeepShown ||= new WeakSet());
  for (const tree of everyTree()) {
    if (done.has(tree) || !inTree(tree, grouped).length) continue;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(show);
    const type = tree === document ? Document : ShadowRoot;
    setter(type, "adoptedStyleSheets")(tree, [...getter(type, "adoptedStyleSheets")(tree), sheet]);
    done.add(tree);
    opened += 1;
  }
  return opened;
}
