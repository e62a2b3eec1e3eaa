// Buttons that load or show more of the page; never one that leads away, belongs to a form, or has another label.
// Clicks the next one and returns whether there was one; one after which the page did not grow is not clicked again.
() => {
  const labels = [
    /^(load|show|view|see|read|display)( \d+)? more( [\p{L}\d]+){0,2}$|^more (results|comments|posts|replies|stories|articles)$/iu,
    /^(mehr|weitere( [\p{L}]+)?) (an)?(zeigen|laden|lesen|sehen)$|^(afficher|voir|charger|lire) (plus|la suite)( de [\p{L}]+)?$/iu,
    /^(ver|cargar|mostrar|leer|carregar|ler) (más|mais)( [\p{L}]+)?$|^(mostra|carica|vedi|leggi) (altro|altri|di più)$/iu,
    /^(toon|laad) meer$|^meer (laden|tonen|lezen)$|^(pokaż|załaduj|zobacz|czytaj) więcej$/iu,
    /^(показать|загрузить|читать|смотреть) (ещё|еще|больше|далее)$/iu,
    /^(もっと(見る|読む|表示)|さらに(表示|読み込む)|加载更多|查看更多|显示更多|更多|더 ?보기)$/u,
  ];
  const candidates = "button, [role=button], input[type=button], a:not([href]), a[href^='#'], a[href^='javascript:' i]";
  const harmless = (element) => {
    const href = attribute(element, "href");
    if (href !== null && !/^(#|javascript:\s*(void\s*\(?\s*0\s*\)?)?;?\s*$)/i.test(href.trim())) return false;
    if (attribute(element, "aria-haspopup") || attribute(element, "aria-expanded") === "true") return false;
    if (attribute(element, "aria-disabled") === "true" || matches(element, ":disabled, [formaction], [download], [target]")) return false;
    if (!(element instanceof HTMLButtonElement)) return true;
    return !getter(HTMLButtonElement, "form")(element) || getter(HTMLButtonElement, "type")(element) === "button";
  };
  // Texts of buttons are short; to read only theirs is cheap.
  const promises = (element) => {
    const text = textContent(element);
    if (text.length > 200) return false;
    const read = text.replace(/\s+/g, " ").trim() || label(element);
    return read.length <= 40 && labels.some((known) => known.test(read));
  };
  const size = () => everyTree().reduce((sum, tree) => sum + inTree(tree, "*").length, 0) + scrollHeight(root());
  const state = (globalThis.pagekeepMore ||= { spent: new WeakSet(), last: null, size: 0, path: "" });
  // The button of a card in a list may open what the card is about, in the place of the list.
  if (state.last && !getter(Node, "isConnected")(state.last) && comeBack(state.path)) return false;
  if (state.last && size() <= state.size) state.spent.add(state.last);
  const button = every(candidates).find(
    (element) => !state.spent.has(element) && promises(element) && harmless(element) && visible(element),
  );
  if (!button) return false;
  stayHere();
  Object.assign(state, { last: button, size: size(), path: location.pathname });
  click(button);
  return true;
}
