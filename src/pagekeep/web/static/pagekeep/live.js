import { showLocalTimes } from "./times.js";

const EVERY = 1000; // ms between two looks while something is queued or started
const AFTER_ERROR = 5000; // ms until the next look where the server did not answer

/** Keep the parts of the page that describe open snapshots up to date, while there are any and the tab is seen. */
export function follow(root) {
  const activity = root.querySelector("[data-activity]");
  const isPage = Boolean(root.querySelector(".outputs[data-snapshot]"));
  let running = Number(activity?.dataset.running ?? 0) > 0 || openParts(root).length > 0;
  let timer = 0;

  async function look() {
    timer = 0;
    if (!running || document.hidden) return;
    let pause = EVERY;
    try {
      const news = await ask(openParts(root), isPage);
      if (!news) return; // logged out
      if (activity) put(activity, news.activity);
      for (const part of news.parts) update(root, part, isPage);
      running = isPage ? openParts(root).length > 0 : news.open > 0;
    } catch {
      pause = AFTER_ERROR; // the server restarts or the network is away: look again later
    }
    plan(pause);
  }

  function plan(pause) {
    if (running && !timer) timer = setTimeout(look, pause);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) plan(0);
  });
  plan(EVERY);
}

function openParts(root) {
  return [...root.querySelectorAll("[data-open]")].map((element) => element.dataset.snapshot);
}

async function ask(ids, isPage) {
  const query = new URLSearchParams(ids.map((id) => [isPage ? "page" : "row", id]));
  const answer = await fetch(`/progress.json?${query}`, { redirect: "manual", headers: { Accept: "application/json" } });
  if (answer.type === "opaqueredirect") return null;
  if (!answer.ok) throw new Error(`progress.json answered ${answer.status}`);
  return answer.json();
}

/** Put the part the server rendered in place of the old one, unless nothing has changed. */
function update(root, part, isPage) {
  const old = root.querySelector(`[data-snapshot="${CSS.escape(part.id)}"]`);
  if (!old || old.served === part.html) return;
  const fresh = parse(part.html);
  const isFirstView = "showable" in fresh.dataset && !("showable" in old.dataset);
  if (isPage && (!part.open || isFirstView)) {
    location.reload(); // it has ended, or there is something to look at now
    return;
  }
  fresh.served = part.html;
  const focus = old.contains(document.activeElement) && document.activeElement.closest("[data-focus]")?.dataset.focus;
  for (const details of old.querySelectorAll("details[open][data-focus]")) {
    fresh.querySelector(`details[data-focus="${CSS.escape(details.dataset.focus)}"]`)?.setAttribute("open", "");
  }
  showLocalTimes(fresh);
  old.replaceWith(fresh);
  if (focus) {
    const target = fresh.querySelector(`[data-focus="${CSS.escape(focus)}"]`);
    (target?.querySelector("summary") ?? target)?.focus();
  }
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function put(element, html) {
  if (element.served === html) return;
  element.served = html;
  element.innerHTML = html;
}
