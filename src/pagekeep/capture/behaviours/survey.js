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
  const named = ["cookie", "consent", "gdpr", "privacy", "datenschutz", "usercentrics", "onetrust", "didomi", "cmp", "truste", "cc-win", "klaro", "iubenda", "osano", "cky-", "sp_message", "uc-", "tarteaucitron", "fc-c"];
  const root = getter(Document, "scrollingElement")(document) || getter(Document, "documentElement")(document);
  const promise = /more|mehr|weiter|plus|suite|más|mais|altr|più|meer|więcej|ещё|еще|больше|далее|もっと|さらに|更多|더/i;
  const signs = {
    cookies: () => has(named.flatMap((word) => ["id", "class", "aria-label", "data-testid", "src"].map((name) => `[${name}*=${word} i]`)).join()),
    dialogs: () => has("dialog[open], [popover]:popover-open, [aria-modal=true], .modal.show, .modal.in"),
    details: () => has("details:not([open])"),
    lazy: () => has("[loading=lazy i], [data-src], [data-original], [data-lazy], [data-lazy-src], [data-hi-res-src], [data-srcset], [data-lazy-srcset], [data-original-set], [data-bg], [data-background], [data-background-image], img + noscript, noscript + img"),
    // Nothing could tell that a page without script was scrolled.
    scroll: () => root && getter(Element, "scrollHeight")(root) > innerHeight && has("script, iframe, [loading=lazy i], [onscroll], [onload]"),
    more: () => trees.some((find) => [...find("button, [role=button], input[type=button], a:not([href]), a[href^='#'], a[href^='javascript:' i]")].some((node) => promise.test(textContent(node) || attribute(node, "value") || attribute(node, "aria-label") || ""))),
    autoplay: () => has("video, audio"),
  };
  return names.filter((name) => signs[name]());
}
