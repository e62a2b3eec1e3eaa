// The article of the page, found by Readability (injected before) in a copy of the document; null when there is none.
() => {
  // Elements a page names "cloneNode" or "documentElement" hide these members of the document; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const attribute = method(Element, "getAttribute");
  const first = method(Document, "querySelector");
  const root = getter(Document, "documentElement")(document);
  if (!root) return null;

  const copy = method(Node, "cloneNode")(document, true);
  // Readability itself asks forms the plain way: in the copy, no field keeps a name that would answer instead.
  const fields = method(Document, "querySelectorAll")(copy, "button, fieldset, img, input, object, output, select, textarea");
  for (const field of fields)
    for (const name of ["id", "name"]) if (attribute(field, name) in HTMLFormElement.prototype) field.removeAttribute(name);
  const article = new Readability(copy).parse();
  if (!article) return null;
  const meta = (...names) => {
    for (const name of names) {
      const node = first(document, `meta[name="${name}" i], meta[property="${name}" i]`);
      const content = node && attribute(node, "content");
      if (content) return content;
    }
    return null;
  };
  return {
    title: article.title || null,
    author: article.byline || meta("author", "article:author", "dc.creator"),
    published: article.publishedTime || meta("article:published_time", "date", "dc.date", "dcterms.date"),
    language: article.lang || attribute(root, "lang") || meta("language", "og:locale"),
    direction: article.dir || null,
    site: article.siteName || null,
    excerpt: article.excerpt || null,
    length: article.length,
    html: article.content,
    text: article.textContent,
  };
}
