// The document as it is now, with its doctype, the open shadow roots written as declarative ones.
() => {
  const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + "\n" : "";
  const root = document.documentElement;
  if (!root) return "";
  const shadowRoots = [];
  const collect = (node) => {
    for (const element of node.querySelectorAll("*")) {
      if (element.shadowRoot) {
        shadowRoots.push(element.shadowRoot);
        collect(element.shadowRoot);
      }
    }
  };
  collect(document);
  if (!shadowRoots.length || !root.getHTML) return type + root.outerHTML;
  const shell = root.cloneNode(false).outerHTML;
  const at = shell.lastIndexOf("</");
  return type + shell.slice(0, at) + root.getHTML({ shadowRoots }) + shell.slice(at);
}
