// What the page shows of itself that tells walls from pages: see `capture/walls.py`.
(markers) => {
  const aside = "header, nav, aside, footer, dialog, [role=dialog], [role=banner], [role=navigation], [role=complementary]";
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  };
  const there = (element) => element instanceof HTMLScriptElement || seen(element);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const typed = "input:not([type]), input[type=text], input[type=email], input[type=tel], input[type=url], input[type=number], textarea";
  const text = document.querySelector("body")?.innerText ?? "";
  return {
    url: location.href,
    title: String(document.title).slice(0, 500),
    markers: Object.keys(markers).filter((name) => all(markers[name]).some(there)),
    fields: all(typed).filter((element) => seen(element) && !element.closest(`${aside}, [role=search]`)).length,
    password: all("input[type=password]").some((element) => seen(element) && !element.closest(aside)),
    text: text.slice(0, 4000),
    length: text.trim().length,
  };
}
