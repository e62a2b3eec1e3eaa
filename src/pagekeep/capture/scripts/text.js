// The text a reader of this frame sees, shadow trees included.
() => {
  const parts = [document.body ? document.body.innerText : document.documentElement?.textContent || ""];
  const visit = (node) => {
    for (const element of node.querySelectorAll("*")) {
      if (element.shadowRoot) {
        for (const child of element.shadowRoot.children) if (child.innerText) parts.push(child.innerText);
        visit(element.shadowRoot);
      }
    }
  };
  visit(document);
  return parts.filter((part) => part.trim()).join("\n\n");
}
