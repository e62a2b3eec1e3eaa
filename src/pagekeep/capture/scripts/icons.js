// The icons the page names, as [{href, sizes, rel, type}], absolute.
() =>
  [...document.querySelectorAll("link[rel][href]")]
    .filter((link) => /(^|\s)(icon|apple-touch-icon(-precomposed)?|mask-icon)(\s|$)/i.test(link.rel))
    .map((link) => ({ href: link.href, sizes: link.getAttribute("sizes") || "", rel: link.rel.toLowerCase(), type: link.type }))
