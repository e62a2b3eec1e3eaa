// What this frame has of audio and video: {sources, subtitles: [{url, language}], players, streams}, URLs absolute.
() => {
  const LIMIT = 2000;
  // Of nodes the prototypes' own members are asked: elements a page names so cannot hide them.
  const attribute = Function.call.bind(Element.prototype.getAttribute);
  const localName = Function.call.bind(Object.getOwnPropertyDescriptor(Element.prototype, "localName").get);
  const text = Function.call.bind(Object.getOwnPropertyDescriptor(Node.prototype, "textContent").get);
  const base = Object.getOwnPropertyDescriptor(Node.prototype, "baseURI").get.call(document);
  const shadowRoot = Function.call.bind(Object.getOwnPropertyDescriptor(Element.prototype, "shadowRoot").get);

  const sources = new Set(), players = new Set(), subtitles = new Map();
  let streams = false;
  const absolute = (value) => {
    try {
      const url = new URL(String(value).trim(), base);
      return /^https?:$/.test(url.protocol) ? url.href : "";
    } catch {
      return "";
    }
  };
  const put = (set, value) => {
    const url = value ? absolute(value) : "";
    if (url && set.size < LIMIT) set.add(url);
  };
  // schema.org, VideoObject and AudioObject, wherever in the data they are.
  const read = (data) => {
    const waiting = [data];
    for (let looked = 0; waiting.length && looked < 20000; looked++) {
      const value = waiting.pop();
      if (!value || typeof value !== "object") continue;
      if ([value["@type"]].flat().some((type) => type === "VideoObject" || type === "AudioObject")) {
        [value.contentUrl].flat().forEach((url) => typeof url === "string" && put(sources, url));
        [value.embedUrl].flat().forEach((url) => typeof url === "string" && put(players, url));
      }
      for (const inner of Object.values(value)) waiting.push(inner);
    }
  };
  const look = (node) => {
    const of = (name) => attribute(node, name) || "";
    switch (localName(node)) {
      case "video":
      case "audio":
        put(sources, of("src"));
        if (of("src").startsWith("blob:") || node.srcObject) streams = true;
        break;
      case "source":
        if (node.parentElement && /^(video|audio)$/.test(localName(node.parentElement))) put(sources, of("src"));
        break;
      case "track": {
        const url = absolute(of("src"));
        if (of("src") && url && subtitles.size < LIMIT && !/^(chapters|metadata)$/i.test(of("kind")))
          subtitles.set(url, of("srclang").slice(0, 20));
        break;
      }
      case "meta": {
        const name = (of("property") || of("name")).toLowerCase();
        // The Open Graph protocol, structured properties; X cards, player card.
        if (/^(og:(video|audio)(:url|:secure_url)?|twitter:player(:stream)?)$/.test(name)) put(players, of("content"));
        break;
      }
      case "script":
        if (of("type").toLowerCase() === "application/ld+json" && text(node).length < 2000000) {
          try {
            read(JSON.parse(text(node)));
          } catch {}
        }
        break;
      case "iframe":
      case "embed":
        put(players, of("src"));
        break;
      case "object":
        put(players, of("data"));
        break;
    }
  };
  const walk = (root, all) => {
    for (const node of all.call(root, "*")) {
      look(node);
      const shadow = shadowRoot(node);
      if (shadow) walk(shadow, DocumentFragment.prototype.querySelectorAll);
    }
  };
  walk(document, Document.prototype.querySelectorAll);
  return {
    sources: [...sources],
    players: [...players],
    subtitles: [...subtitles].map(([url, language]) => ({ url, language })),
    streams,
  };
}
