// Which behaviours may find something to do in this page: a glance at its signs, cheap enough for every page. Whether
// there is something, each finds out itself.
(names) => {
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const shadowRoot = getter(Element, "shadowRoot");
  const textContent = getter(Node, "textContent");
  const attribute = method(Element, "getAttribute");
  const inDocument = method(Document, "querySelectorAll");
  const inShadow = method(DocumentFragment, "querySelectorAll");

  const trees = [];
  const visit = (find) => {
    trees.push(find);
    for (const node of find("*")) {
      const shadow = shadowRoot(node);
      if (shadow) visit((selector) => inShadow(shadow, selector));
    }
  };
  visit((selector) => inDocument(document, selector));
  const has = (selector) => trees.some((find) => find(selector).length > 0);
  const words = [
    ...["cookie", "consent", "gdpr", "privacy", "datenschutz", "usercentrics", "uc-", "onetrust", "didomi", "cmp", "truste"],
    ...["sp_message", "osano", "cc-win", "cky-", "klaro", "iubenda", "tarteaucitron"],
  ];
  const named = words.flatMap((word) => ["id", "class", "aria-label", "data-testid", "src"].map((name) => `[${name}*=${word} i]`));
  const deferred = [
    ...["src", "original", "lazy", "lazy-src", "hi-res-src", "srcset", "lazy-srcset", "original-set"],
    ...["bg", "background", "background-image"],
  ].map((name) => `[data-${name}]`);
  const buttons = "button, [role=button], input[type=button], a:not([href]), a[href^='#'], a[href^='javascript:' i]";
  const root = getter(Document, "scrollingElement")(document) || getter(Document, "documentElement")(document);
  const said = (node) => textContent(node) || attribute(node, "value") || attribute(node, "aria-label") || "";
  const promise = /more|mehr|weiter|plus|suite|más|mais|altr|più|meer|więcej|ещё|еще|больше|далее|もっと|さらに|更多|더/i;
  const signs = {
    cookies: () => has(named.join()),
    dialogs: () => has("dialog[open], [popover]:popover-open, [aria-modal=true], .modal.show, .modal.in"),
    details: () => has("details:not([open])"),
    lazy: () => has(`[loading=lazy i], img + noscript, noscript + img, ${deferred.join()}`),
    // Nothing could tell that a page without script was scrolled.
    scroll: () =>
      root && getter(Element, "scrollHeight")(root) > innerHeight && has("script, iframe, [loading=lazy i], [onscroll], [onload]"),
    more: () => trees.some((find) => [...find(buttons)].some((node) => promise.test(said(node)))),
    autoplay: () => has("video, audio"),
  };
  return names.filter((name) => signs[name]());
}
