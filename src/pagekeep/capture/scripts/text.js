// The text a reader of this frame sees, shadow trees included.
() => {
  // Elements a page names "shadowRoot" or "body" hide these members of a form or the document; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const shadowRoot = getter(Element, "shadowRoot");
  const innerText = getter(HTMLElement, "innerText");
  const children = getter(DocumentFragment, "children");
  const inDocument = method(Document, "querySelectorAll");
  const inShadow = method(DocumentFragment, "querySelectorAll");

  const body = getter(Document, "body")(document);
  const root = getter(Document, "documentElement")(document);
  const parts = [body ? innerText(body) : root ? getter(Node, "textContent")(root) : ""];
  const visit = (nodes) => {
    for (const node of nodes) {
      const shadow = shadowRoot(node);
      if (!shadow) continue;
      for (const child of children(shadow)) if (child instanceof HTMLElement) parts.push(innerText(child));
      visit(inShadow(shadow, "*"));
    }
  };
  visit(inDocument(document, "*"));
  return parts.filter((part) => part.trim()).join("\n\n");
}
