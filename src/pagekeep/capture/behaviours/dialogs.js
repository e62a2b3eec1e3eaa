// Open <dialog>s, popovers, and the modals of frameworks by the button that closes them. Returns how many there were.
() => {
  const modals = "[role=dialog][aria-modal=true], [role=alertdialog][aria-modal=true], .modal.show, .modal.in";
  const closers = "[data-dismiss=modal], [data-bs-dismiss=modal], button, [role=button]";
  const closes = /^(close|dismiss|no,? thanks|not now|maybe later|schließen|nein,? danke|fermer|non merci|cerrar|no,? gracias|chiudi|sluiten|fechar|zamknij|закрыть|关闭|閉じる|[×✕✖xX])$/i;
  const closer = (modal) =>
    [...inElement(modal, closers)].find(
      (button) =>
        button instanceof HTMLElement && visible(button) &&
        (matches(button, "[data-dismiss=modal], [data-bs-dismiss=modal]") || closes.test(label(button)) || closes.test(attribute(button, "aria-label") || "")),
    );
  const buttons = every(modals).filter((modal) => visible(modal) && floats(modal)).map(closer).filter(Boolean);
  const dialogs = every("dialog[open]", HTMLDialogElement);
  const popovers = every("[popover]:popover-open");
  dialogs.forEach((dialog) => method(HTMLDialogElement, "close")(dialog));
  popovers.forEach((popover) => method(HTMLElement, "hidePopover")(popover));
  buttons.forEach((button) => click(button));
  return dialogs.length + popovers.length + buttons.length;
}
