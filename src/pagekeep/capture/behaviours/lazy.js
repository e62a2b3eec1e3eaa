// What waits to be scrolled to: the browser's own lazy loading, and the attributes of lazy-loading scripts. Returns
// how much it changed.
() => {
  const MOST = 2000;
  const sources = ["data-src", "data-original", "data-lazy-src", "data-lazy", "data-hi-res-src"];
  const sets = ["data-srcset", "data-lazy-srcset", "data-original-set"];
  const backgrounds = ["data-bg", "data-background-image", "data-background"];
  const selector = (names, tags) => tags.flatMap((tag) => names.map((name) => `${tag}[${name}]`)).join();
  const complete = getter(HTMLImageElement, "complete");
  const naturalWidth = getter(HTMLImageElement, "naturalWidth");
  const first = (element, names) => names.map((name) => attribute(element, name)).find((value) => value && value.trim());
  const web = (url) => {
    try {
      return /^https?:$/.test(new URL(url, getter(Node, "baseURI")(document)).protocol);
    } catch {
      return false;
    }
  };
  // An image that shows nothing yet: none, a picture in its own address, or a pixel.
  const empty = (image) => !web(attribute(image, "src") || "about:blank") || (complete(image) && naturalWidth(image) <= 2);
  const put = (element, name, value) => {
    if (!value || attribute(element, name) === value) return 0;
    setAttribute(element, name, value);
    return 1;
  };
  const hurried = (globalThis.pagekeepHurried ||= new WeakSet());
  const waiting = () => [
    ...every("img[loading=lazy i]", HTMLImageElement).filter((image) => !complete(image)),
    ...every("iframe[loading=lazy i]", HTMLIFrameElement),
  ].filter((element) => !hurried.has(element));
  // The browser begins to load at once; the attribute then goes back to what the page wrote.
  const hurry = (element) => {
    const written = attribute(element, "loading");
    setAttribute(element, "loading", "eager");
    setAttribute(element, "loading", written);
    hurried.add(element);
    return 1;
  };
  const blank = (image) => empty(image) && !attribute(image, "srcset");
  const images = () => every(selector([...sources, ...sets], ["img"]), HTMLImageElement).filter(blank);
  const others = () => every(selector(sets, ["source"])).filter((source) => !attribute(source, "srcset"));
  const frames = () =>
    every(selector(sources, ["iframe"]), HTMLIFrameElement).filter((frame) => !web(attribute(frame, "src") || "about:blank"));
  const painted = () => every(selector(backgrounds, ["*"])).filter((element) => getComputedStyle(element).backgroundImage === "none");
  // [empty image, the noscript beside it that holds the real one]; without such an image it may be a tracker's pixel.
  const fallbacks = () =>
    every("noscript").flatMap((fallback) => {
      if (!/<img/i.test(textContent(fallback))) return [];
      const beside = ["previousElementSibling", "nextElementSibling"].map((name) => getter(Element, name)(fallback));
      const image = beside.find((node) => node instanceof HTMLImageElement && blank(node));
      return image ? [[image, fallback]] : [];
    });
  const fill = (image, from) => {
    const [set, source] = [first(from, ["srcset", ...sets]), first(from, from === image ? sources : ["src", ...sources])];
    return put(image, "srcset", set) + (source && web(source) ? put(image, "src", source) : 0);
  };
  const paint = (element) => {
    const value = first(element, backgrounds);
    const url = /^\s*url\(\s*["']?(.*?)["']?\s*\)\s*$/i.exec(value)?.[1] ?? value;
    if (!web(url) || !/[./]/.test(url)) return 0;
    setProperty(styleOf(element), "background-image", `url("${CSS.escape(new URL(url, getter(Node, "baseURI")(document)).href)}")`);
    return 1;
  };

  const parse = (html) => inDocument(new DOMParser().parseFromString(html, "text/html"), "img")[0];
  const jobs = [
    ...waiting().map((element) => () => hurry(element)),
    ...others().map((source) => () => put(source, "srcset", first(source, sets))),
    ...images().map((image) => () => fill(image, image)),
    ...frames().map((frame) => () => (web(first(frame, sources)) ? put(frame, "src", first(frame, sources)) : 0)),
    ...painted().map((element) => () => paint(element)),
    ...fallbacks().map(([image, fallback]) => () => {
      const real = parse(textContent(fallback));
      return real ? fill(image, real) : 0;
    }),
  ];
  return jobs.slice(0, MOST).reduce((done, job) => done + job(), 0);
}
