/** Send the filter as soon as a choice is made, and leave empty fields out of the address. */
export function keepFilterShort(root) {
  const form = root.querySelector("form[data-filter]");
  if (!form) return;
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("input, select")) field.disabled = !field.value;
  });
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
  // Coming back by the browser's history brings the fields back disabled.
  window.addEventListener("pageshow", () => {
    for (const field of form.querySelectorAll("input, select")) field.disabled = false;
  });
}
