import { showLocalTimes } from "./times.js";

const EVERY = 2000; // ms between two looks
const AFTER_ERROR = 10000; // ms until the next look where the server did not answer

/** Keep each part with the address of its newest state in `data-refresh` up to date, while the tab is seen. */
export function refreshParts(root) {
  for (const part of root.querySelectorAll("[data-refresh]")) refresh(part);
}

function refresh(part) {
  let timer = 0;
  let shown = "";

  async function look() {
    timer = 0;
    if (document.hidden) return;
    let pause = EVERY;
    try {
      const answer = await fetch(part.dataset.refresh, { redirect: "manual" });
      if (answer.type === "opaqueredirect") return; // logged out
      if (!answer.ok) throw new Error(`${part.dataset.refresh} answered ${answer.status}`);
      const html = await answer.text();
      if (html !== shown) put(part, html);
      shown = html;
    } catch {
      pause = AFTER_ERROR; // the server restarts or the network is away: look again later
    }
    plan(pause);
  }

  function plan(pause) {
    if (!timer) timer = setTimeout(look, pause);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) plan(0);
  });
  plan(EVERY);
}

/** Show the new state; what had the focus keeps it, by its `data-focus`. */
function put(part, html) {
  const focus = part.contains(document.activeElement) && document.activeElement.closest("[data-focus]")?.dataset.focus;
  part.innerHTML = html;
  showLocalTimes(part);
  if (focus) part.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
}
