// The document as it is now, with its doctype, the open shadow roots written as declarative ones.
() => {
  // Elements a page names "shadowRoot" or "doctype" hide these members of a form or the document; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const shadowRoot = getter(Element, "shadowRoot");
  const outerHTML = getter(Element, "outerHTML");
  const inDocument = method(Document, "querySelectorAll");
  const inShadow = method(DocumentFragment, "querySelectorAll");

  const doctype = getter(Document, "doctype")(document);
  const type = doctype ? new XMLSerializer().serializeToString(doctype) + "\n" : "";
  const root = getter(Document, "documentElement")(document);
  if (!root) return "";
  const shadowRoots = [];
  const collect = (nodes) => {
    for (const node of nodes) {
      const shadow = shadowRoot(node);
      if (shadow) {
        shadowRoots.push(shadow);
        collect(inShadow(shadow, "*"));
      }
    }
  };
  collect(inDocument(document, "*"));
  if (!shadowRoots.length || !Element.prototype.getHTML) return type + outerHTML(root);
  const shell = outerHTML(method(Node, "cloneNode")(root, false));
  const at = shell.lastIndexOf("</");
  return type + shell.slice(0, at) + method(Element, "getHTML")(root, { shadowRoots }) + shell.slice(at);
}
