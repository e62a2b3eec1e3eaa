// Folded sections. Of those that share a name the browser lets only one be open, and taking the name away would change
// for good what is kept; a style sheet that no document holds shows what is folded in them instead.
(() => {
  const folded = () => every("details:not([open])", HTMLDetailsElement);
  const unfold = setter(HTMLDetailsElement, "open");
  const show = "details[name]:not([open])::details-content { content-visibility: visible !important; block-size: auto !important; opacity: 1 !important }";
  return {
    applies: () => folded().length > 0,
    act: () => {
      let opened = 0;
      for (const section of folded()) {
        if (attribute(section, "name")) continue;
        unfold(section, true);
        opened += 1;
      }
      for (const tree of everyTree()) {
        if (globalThis.pagekeepShown?.has(tree) || !inTree(tree, "details[name]:not([open])").length) continue;
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(show);
        const type = tree === document ? Document : ShadowRoot;
        setter(type, "adoptedStyleSheets")(tree, [...getter(type, "adoptedStyleSheets")(tree), sheet]);
        (globalThis.pagekeepShown ||= new WeakSet()).add(tree);
        opened += 1;
      }
      return opened;
    },
  };
})()
