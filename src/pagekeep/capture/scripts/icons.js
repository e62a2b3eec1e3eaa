// The icons the page names, as [{href, sizes, rel, type}], absolute.
() =>
  // Of the document's members the prototype's own is asked: an image named "querySelectorAll" cannot hide it.
  [...Document.prototype.querySelectorAll.call(document, "link[rel][href]")]
    .filter((link) => link instanceof HTMLLinkElement)
    .filter((link) => /(^|\s)(icon|apple-touch-icon(-precomposed)?|mask-icon)(\s|$)/i.test(link.rel))
    .map((link) => ({ href: link.href, sizes: link.getAttribute("sizes") || "", rel: link.rel.toLowerCase(), type: link.type }))
