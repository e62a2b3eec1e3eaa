// Every link and embedded resource of this frame, absolute, by kind.
() => {
  // Elements a page names "id" or "shadowRoot" hide these members of a form or the document; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const attribute = method(Element, "getAttribute");
  const localName = getter(Element, "localName");
  const parentElement = getter(Node, "parentElement");
  const shadowRoot = getter(Element, "shadowRoot");
  const inDocument = method(Document, "querySelectorAll");
  const inShadow = method(DocumentFragment, "querySelectorAll");

  const found = {};
  const base = getter(Node, "baseURI")(document);
  const put = (kind, value) => {
    if (!value || !value.trim()) return;
    let url;
    try {
      url = new URL(value.trim(), base).href;
    } catch {
      return;
    }
    if (!/^(https?|ftp|mailto|tel|magnet|file):/i.test(url)) return;
    (found[kind] ||= new Set()).add(url);
  };
  // HTML, "parse a srcset attribute": a URL neither begins nor ends with a comma but may hold some; its descriptors end at one outside brackets.
  const candidate = /([^\t\n\f\r ,](?:[^\t\n\f\r ]*[^\t\n\f\r ,])?)(?:[\t\n\f\r ](?:\([^)]*\)?|[^,(])*)?/g;
  const putSet = (kind, value) => {
    for (const [, url] of (value || "").matchAll(candidate)) put(kind, url);
  };
  // HTML, "shared declarative refresh steps".
  const putRefresh = (value) => {
    const [, quote, rest] = /^\s*[\d.]+(?=[;,\s])\s*[;,]?\s*(?:url\s*=\s*)?(["']?)(.*)$/is.exec(value || "") || [];
    if (rest) put("links", quote ? rest.split(quote)[0] : rest);
  };
  const look = (node) => {
    const of = (name) => attribute(node, name);
    const lower = (name) => (of(name) || "").toLowerCase();
    switch (localName(node)) {
      case "a":
      case "area":
        put("links", of("href") ?? of("xlink:href"));
        break;
      case "meta":
        if (lower("http-equiv") === "refresh") putRefresh(of("content"));
        break;
      case "link":
        put(/stylesheet/.test(lower("rel")) ? "stylesheets" : /icon/.test(lower("rel")) ? "icons" : "related", of("href"));
        putSet("images", of("imagesrcset"));
        break;
      case "script":
        put("scripts", of("src"));
        break;
      case "img":
      case "image":
        put("images", of("src") ?? of("href") ?? of("xlink:href"));
        putSet("images", of("srcset"));
        break;
      case "source": {
        const parent = parentElement(node);
        put(parent && localName(parent) === "picture" ? "images" : "media", of("src"));
        putSet("images", of("srcset"));
        break;
      }
      case "video":
      case "audio":
      case "track":
        put("media", of("src"));
        put("images", of("poster"));
        break;
      case "iframe":
      case "frame":
      case "embed":
        put("frames", of("src"));
        break;
      case "object":
        put("frames", of("data"));
        break;
      case "form":
        put("forms", of("action"));
        break;
      case "input":
        if (lower("type") === "image") put("images", of("src"));
        put("forms", of("formaction"));
        break;
      case "button":
        put("forms", of("formaction"));
        break;
    }
  };
  const walk = (nodes) => {
    for (const node of nodes) {
      look(node);
      const root = shadowRoot(node);
      if (root) walk(inShadow(root, "*"));
    }
  };
  walk(inDocument(document, "*"));
  return Object.fromEntries(Object.entries(found).map(([kind, urls]) => [kind, [...urls]]));
}
