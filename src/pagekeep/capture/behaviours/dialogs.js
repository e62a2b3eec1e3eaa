// Open <dialog>s, popovers, and the modals of frameworks by the button that closes them.
(() => {
  const modals = "[role=dialog][aria-modal=true], [role=alertdialog][aria-modal=true], .modal.show, .modal.in";
  const closers = "[data-dismiss=modal], [data-bs-dismiss=modal], button, [role=button]";
  const closes = /^(close|dismiss|no,? thanks|not now|maybe later|schließen|nein,? danke|fermer|non merci|cerrar|no,? gracias|chiudi|sluiten|fechar|zamknij|закрыть|关闭|閉じる|[×✕✖xX])$/i;
  const open = () => every("dialog[open]", HTMLDialogElement);
  const shown = () => every("[popover]:popover-open");
  const closer = (modal) =>
    [...inElement(modal, closers)].find(
      (button) =>
        button instanceof HTMLElement && visible(button) &&
        (matches(button, "[data-dismiss=modal], [data-bs-dismiss=modal]") || closes.test(label(button)) || closes.test(attribute(button, "aria-label") || "")),
    );
  const answerable = () => every(modals).filter((modal) => visible(modal) && floats(modal)).map(closer).filter(Boolean);
  return {
    applies: () => open().length + shown().length + answerable().length > 0,
    act: () => {
      const [dialogs, popovers, buttons] = [open(), shown(), answerable()];
      dialogs.forEach((dialog) => method(HTMLDialogElement, "close")(dialog));
      popovers.forEach((popover) => method(HTMLElement, "hidePopover")(popover));
      buttons.forEach((button) => click(button));
      return dialogs.length + popovers.length + buttons.length;
    },
  };
})()
