// Open <dialog>s, popovers, and the modals of frameworks by the button that closes them. Returns how many there were.
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
  const dialogs = every("dialog[open]", HTMLDialogElement);
  const popovers = every("[popover]:popover-open");
  dialogs.forEach((dialog) => method(HTMLDialogElement, "close")(dialog));
  popovers.forEach((popover) => method(HTMLElement, "hidePopover")(popover));
  buttons.forEach((button) => click(button));
  return dialogs.length + popovers.length + buttons.length;
}
