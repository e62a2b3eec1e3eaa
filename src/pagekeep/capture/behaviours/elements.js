// Stands in front of every behaviour. Elements a page names "id" or "click" hide these members of a form or the
// document; the prototypes' own cannot be hidden.
const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
const setter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).set);
const method = (type, name) => Function.call.bind(type.prototype[name]);
const attribute = method(Element, "getAttribute");
const setAttribute = method(Element, "setAttribute");
const matches = method(Element, "matches");
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
// Whether an element lies over the page, with what it is in.
const floats = (element) => {
  for (let node = element; node && node !== document; node = node instanceof ShadowRoot ? host(node) : parentNode(node)) {
    if (node instanceof HTMLDialogElement) return true;
    if (node instanceof Element && /fixed|sticky/.test(getComputedStyle(node).position)) return true;
  }
  return false;
};
const label = (button) =>
  [() => innerText(button), () => attribute(button, "value"), () => attribute(button, "aria-label"), () => attribute(button, "title")]
    .map((read) => (read() || "").replace(/\s+/g, " ").trim())
    .find(Boolean) || "";
