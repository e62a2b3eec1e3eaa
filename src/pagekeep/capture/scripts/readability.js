// The article of the page, found by Readability (injected before) in a copy of the document; null when there is none.
() => {
  const article = new Readability(document.cloneNode(true)).parse();
  if (!article) return null;
  const meta = (...names) => {
    for (const name of names) {
      const node = document.querySelector(`meta[name="${name}" i], meta[property="${name}" i]`);
      if (node?.content) return node.content;
    }
    return null;
  };
  return {
    title: article.title || null,
    author: article.byline || meta("author", "article:author", "dc.creator"),
    published: article.publishedTime || meta("article:published_time", "date", "dc.date", "dcterms.date"),
    language: article.lang || document.documentElement.lang || meta("language", "og:locale"),
    direction: article.dir || null,
    site: article.siteName || null,
    excerpt: article.excerpt || null,
    length: article.length,
    html: article.content,
    text: article.textContent,
  };
}
