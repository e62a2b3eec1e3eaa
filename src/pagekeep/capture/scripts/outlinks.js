// Every link and embedded resource of this frame, absolute, by kind.
() => {
  const found = {};
  const base = document.baseURI;
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
  const sets = (kind, value) => {
    for (const candidate of (value || "").split(/,\s+/)) put(kind, candidate.trim().split(/\s+/)[0]);
  };
  const attribute = (node, name) => node.getAttribute(name);
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      switch (node.localName) {
        case "a":
        case "area":
          put("links", attribute(node, "href") ?? attribute(node, "xlink:href"));
          break;
        case "link": {
          const rel = (attribute(node, "rel") || "").toLowerCase();
          put(/stylesheet/.test(rel) ? "stylesheets" : /icon/.test(rel) ? "icons" : "related", attribute(node, "href"));
          break;
        }
        case "script":
          put("scripts", attribute(node, "src"));
          break;
        case "img":
        case "image":
          put("images", attribute(node, "src") ?? attribute(node, "href") ?? attribute(node, "xlink:href"));
          sets("images", attribute(node, "srcset"));
          break;
        case "source":
          put(node.parentNode?.localName === "picture" ? "images" : "media", attribute(node, "src"));
          sets("images", attribute(node, "srcset"));
          break;
        case "video":
        case "audio":
        case "track":
          put("media", attribute(node, "src"));
          put("images", attribute(node, "poster"));
          break;
        case "iframe":
        case "frame":
        case "embed":
          put("frames", attribute(node, "src"));
          break;
        case "object":
          put("frames", attribute(node, "data"));
          break;
        case "form":
          put("forms", attribute(node, "action"));
          break;
      }
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  return Object.fromEntries(Object.entries(found).map(([kind, urls]) => [kind, [...urls]]));
}
