// Open <dialog>s that lie over the page, popovers, and the modals of frameworks by the button that closes them; a modal
// that closes to another address was what the page is about, and is come back to. Returns how many there were.
() => {
  const modals = "[role=dialog][aria-modal=true], [role=alertdialog][aria-modal=true], .modal.show, .modal.in";
  const closes = [
    /^(close|dismiss|no,? thanks|not now|maybe later|schließen|nein,? danke|fermer|non merci|cerrar|no,? gracias)$/i,
    /^(chiudi|sluiten|fechar|zamknij|закрыть|关闭|閉じる|[×✕✖x])$/i,
  ];
  const named = "[data-dismiss=modal], [data-bs-dismiss=modal]";
  const says = (button) => [label(button), attribute(button, "aria-label") || ""].some((text) => closes.some((word) => word.test(text)));
  const closer = (modal) =>
    [...inElement(modal, `${named}, button, [role=button]`)].find(
      (button) => button instanceof HTMLElement && visible(button) && (matches(button, named) || says(button)),
    );
  const buttons = every(modals).filter((modal) => visible(modal) && floats(modal)).map(closer).filter(Boolean);
  const over = (dialog) => matches(dialog, ":modal") || /fixed|sticky/.test(getComputedStyle(dialog).position);
  const dialogs = every("dialog[open]", HTMLDialogElement).filter(over);
  const path = location.pathname;
  const popovers = every("[popover]:popover-open");
  dialogs.forEach((dialog) => method(HTMLDialogElement, "close")(dialog));
  popovers.forEach((popover) => method(HTMLElement, "hidePopover")(popover));
  if (buttons.length) stayHere();
  buttons.forEach((button) => click(button));
  comeBack(path);
  return dialogs.length + popovers.length + buttons.length;
}
