// The article of the page, found by Readability (injected before) in a copy of the document; else the body of the copy.
() => {
  // Elements a page names "cloneNode" or "documentElement" hide these members of the document; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const attribute = method(Element, "getAttribute");
  const removeAttribute = method(Element, "removeAttribute");
  const first = method(Document, "querySelector");
  const all = method(Element, "querySelectorAll");
  const root = getter(Document, "documentElement")(document);
  const base = getter(Node, "baseURI")(document);
  // Readability looks at each element many times: in a document of more than that it does not end in time.
  const most = 100000;
  if (!root) return null;

  const meta = (...names) => {
    for (const name of names) {
      const node = first(document, `meta[name="${name}" i], meta[property="${name}" i]`);
      const content = node && attribute(node, "content");
      if (content) return content;
    }
    return null;
  };
  const copyDocument = () => {
    const copy = method(Node, "cloneNode")(document, true);
    // Readability itself asks forms the plain way: in the copy, no field keeps a name that would answer instead.
    const fields = method(Document, "querySelectorAll")(copy, "button, fieldset, img, input, object, output, select, textarea");
    for (const field of fields)
      for (const name of ["id", "name"]) if (attribute(field, name) in HTMLFormElement.prototype) removeAttribute(field, name);
    return copy;
  };
  // Addresses become absolute; one that runs something when it is followed goes.
  const clean = (tree) => {
    for (const name of ["href", "src"])
      for (const node of all(tree, `[${name}]`)) {
        let url = null;
        try {
          url = new URL(attribute(node, name), base);
        } catch {
          // no address at all
        }
        const shown = name === "src" && url && url.protocol === "data:";
        if (url && (shown || /^(https?|ftp|mailto|tel|magnet):$/.test(url.protocol))) node.setAttribute(name, url.href);
        else removeAttribute(node, name);
      }
    return tree;
  };
  const bodyOf = (copy) => {
    const body = getter(Document, "body")(copy);
    if (!body) return null;
    const unread = "script, style, noscript, template, link, meta, iframe, frame, object, embed, svg, canvas, [hidden]";
    for (const node of all(body, unread)) method(Element, "remove")(node);
    for (const node of all(body, "*"))
      for (const name of method(Element, "getAttributeNames")(node)) if (/^(on|style$|srcdoc$)/i.test(name)) removeAttribute(node, name);
    return clean(body);
  };

  let article = null;
  if (method(Document, "querySelectorAll")(document, "*").length <= most) {
    try {
      article = new Readability(copyDocument(), { serializer: (tree) => clean(tree) }).parse();
    } catch {
      // A page Readability stumbles over has a body all the same.
    }
  }
  const found = article && article.content && (article.textContent || "").trim();
  const tree = found ? article.content : bodyOf(copyDocument());
  const about = article || {};
  return {
    source: found ? "readability" : "body",
    title: about.title || null,
    author: about.byline || meta("author", "article:author", "dc.creator"),
    published: about.publishedTime || meta("article:published_time", "date", "dc.date", "dcterms.date"),
    language: about.lang || attribute(root, "lang") || meta("language", "og:locale"),
    direction: about.dir || null,
    site: about.siteName || null,
    excerpt: about.excerpt || null,
    length: found ? article.length : null,
    html: tree ? getter(Element, "innerHTML")(tree) : "",
    text: found ? article.textContent : tree ? getter(Node, "textContent")(tree).replace(/[ \t]*\n\s*/g, "\n") : "",
  };
}
