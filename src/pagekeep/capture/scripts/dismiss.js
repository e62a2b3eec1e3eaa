// Closes what lies over the page: modal <dialog>s, and consent banners by the button that refuses, else the one that accepts.
() => {
  // Elements a page names "id" or "className" hide these members of a form or the document; the prototypes' own cannot be hidden.
  const getter = (type, name) => Function.call.bind(Object.getOwnPropertyDescriptor(type.prototype, name).get);
  const method = (type, name) => Function.call.bind(type.prototype[name]);
  const attribute = method(Element, "getAttribute");
  const innerText = getter(HTMLElement, "innerText");
  const offsetHeight = getter(HTMLElement, "offsetHeight");
  const click = method(HTMLElement, "click");
  const inDocument = method(Document, "querySelectorAll");
  const inElement = method(Element, "querySelectorAll");
  const ofHTML = (nodes) => [...nodes].filter((node) => node instanceof HTMLElement);

  let closed = 0;
  for (const dialog of ofHTML(inDocument(document, "dialog[open]"))) {
    dialog.close();
    closed += 1;
  }
  const banner = /cookie|consent|gdpr|privacy|datenschutz/i;
  const wishes = [
    /^(reject|decline|refuse|deny)( all)?( cookies)?$|^(only|use) (necessary|essential)|^(alle )?ablehnen$|^tout refuser$|^rechazar/i,
    /^(accept|allow|agree)( all)?( cookies)?$|^i agree$|^got it!?$|^ok(ay)?$|^(alle )?akzeptieren$|^tout accepter$|^aceptar/i,
  ];
  const overlays = ofHTML(inDocument(document, "div, section, aside, form")).filter((element) => {
    if (!banner.test(`${attribute(element, "id")} ${attribute(element, "class")}`)) return false;
    const { position } = getComputedStyle(element);
    return (position === "fixed" || position === "sticky") && offsetHeight(element) > 0;
  });
  for (const overlay of overlays) {
    const buttons = ofHTML(inElement(overlay, "button, [role=button], input[type=button], input[type=submit]"));
    const label = (button) => (innerText(button) || attribute(button, "value") || "").trim();
    const button = wishes.map((wish) => buttons.find((candidate) => wish.test(label(candidate)))).find(Boolean);
    if (button) {
      click(button);
      closed += 1;
    }
  }
  return closed;
}
