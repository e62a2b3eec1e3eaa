const day = { day: "numeric", month: "short" };
const minute = { hour: "numeric", minute: "2-digit" };
const thisYear = new Intl.DateTimeFormat(undefined, { ...day, ...minute });
const otherYear = new Intl.DateTimeFormat(undefined, { ...day, year: "numeric", ...minute });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** Write every time below `root` in the reader's own zone and style. */
export function showLocalTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const isThisYear = moment.getFullYear() === new Date().getFullYear();
    element.textContent = (isThisYear ? thisYear : otherYear).format(moment);
    element.title = exact.format(moment);
  }
}
