// Stands in front of every behaviour. Elements a page names "id" or "click" hide these members of a form or the
// document; the prototypes' own cannot be hidden.
const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
const setter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).set);
const method = (type, name) => Function.call.bind(type.prototype[name]);
const attribute = method(Element, "getAttribute");
const setAttribute = method(Element, "setAttribute");
const matches = method(Element, "matches");
const contains = method(Node, "contains");
const parentNode = getter(Node, "parentNode");
const textContent = getter(Node, "textContent");
const host = getter(ShadowRoot, "host");
const shadowRoot = getter(Element, "shadowRoot");
const innerText = getter(HTMLElement, "innerText");
const offsetHeight = getter(HTMLElement, "offsetHeight");
const scrollHeight = getter(Element, "scrollHeight");
const styleOf = getter(HTMLElement, "style");
const setProperty = method(CSSStyleDeclaration, "setProperty");
const checkVisibility = method(Element, "checkVisibility");
const click = method(HTMLElement, "click");
const inDocument = method(Document, "querySelectorAll");
const inShadow = method(DocumentFragment, "querySelectorAll");
const inElement = method(Element, "querySelectorAll");
const body = () => getter(Document, "body")(document);
const root = () => getter(Document, "scrollingElement")(document) || getter(Document, "documentElement")(document);

let trees;
// The document and every open shadow tree.
const everyTree = () => {
  if (trees) return trees;
  trees = [];
  const visit = (tree, nodes) => {
    trees.push(tree);
    for (const node of nodes) {
      const shadow = shadowRoot(node);
      if (shadow) visit(shadow, inShadow(shadow, "*"));
    }
  };
  visit(document, inDocument(document, "*"));
  return trees;
};
const inTree = (tree, selector) => [...(tree === document ? inDocument : inShadow)(tree, selector)];
const every = (selector, type = HTMLElement) =>
  everyTree()
    .flatMap((tree) => inTree(tree, selector))
    .filter((node) => node instanceof type);

const visible = (element) => offsetHeight(element) > 0 && checkVisibility(element, { visibilityProperty: true });
// The outermost box over the page that an element is in.
const floating = (element) => {
  let box = null;
  for (let node = element; node && node !== document; node = node instanceof ShadowRoot ? host(node) : parentNode(node))
    if (node instanceof HTMLDialogElement || (node instanceof HTMLElement && /fixed|sticky/.test(getComputedStyle(node).position))) box = node;
  return box;
};
const floats = (element) => floating(element) !== null;
// What a click starts may try to leave: until the outputs are made, the page stays. It may load itself anew.
const stayHere = () => {
  if (globalThis.pagekeepStays) return;
  globalThis.pagekeepStays = true;
  const stay = (event) => event.cancelable && event.preventDefault();
  navigation.addEventListener("navigate", (event) => event.destination.sameDocument || event.navigationType === "reload" || stay(event));
  addEventListener("submit", stay, true);
};
// Undoes the route a click led to; a page whose router replaced the address instead has no way back.
const comeBack = (path) => {
  if (location.pathname === path) return false;
  const before = navigation.entries()[navigation.currentEntry.index - 1];
  if (before?.sameDocument) navigation.traverseTo(before.key);
  return true;
};
const label = (button) =>
  [() => innerText(button), () => attribute(button, "value"), () => attribute(button, "aria-label"), () => attribute(button, "title")]
    .map((read) => (read() || "").replace(/\s+/g, " ").trim())
    .find(Boolean) || "";
