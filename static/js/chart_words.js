// Numbers, days and the look of tooltips, in the page's language.

export const language = document.documentElement.lang || "en";
export const numbers = new Intl.NumberFormat(language);
export const percents = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

const european = language === "en" ? "en-GB" : language; // the day first, as on the page
const formats = {
  short: new Intl.DateTimeFormat(european, { day: "numeric", month: language === "en" ? "short" : "numeric", timeZone: "UTC" }),
  long: new Intl.DateTimeFormat(european, { weekday: "short", day: "numeric", month: "numeric", timeZone: "UTC" }),
  english: new Intl.DateTimeFormat(european, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }),
  month: new Intl.DateTimeFormat(european, { month: "short", year: "numeric", timeZone: "UTC" }),
  weekday: new Intl.DateTimeFormat(european, { weekday: "short", timeZone: "UTC" }),
  hour: new Intl.DateTimeFormat(european, { hour: language === "fi" ? "numeric" : "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }),
};

/** Return what a column is called: its hour (`days` are those of the chart), its day, its first and last, its month. */
export function dayName(row, unit, isLong = false, days = 1) {
  if (unit === "hour") return hourName(row, isLong, days);
  const of = (day, form) => formats[form].format(new Date(`${day}T00:00:00Z`));
  if (unit === "month" && !isLong) return of(row.first, "month");
  if (!isLong) return of(row.first, "short");
  const form = language === "en" ? "english" : "long";
  return row.first === row.last ? of(row.first, form) : `${of(row.first, form)} – ${of(row.last, form)}`;
}

function hourName(row, isLong, days) {
  const begin = new Date(`${row.clock}Z`);
  const time = formats.hour.format(begin);
  if (!isLong) return days > 1 ? `${formats.weekday.format(begin)} ${time}` : time;
  const end = formats.hour.format(new Date(begin.getTime() + 3600_000));
  const day = formats[language === "en" ? "english" : "long"].format(begin);
  return `${day} ${time}–${end}${row.offset && ` (${row.offset})`}`;
}

/** Return a tooltip without one inline style in its markup: the policy refuses those. Its content is a tipOf(…). */
export const tooltip = {
  className: "tip",
  confine: true,
  transitionDuration: 0,
  padding: 0,
  borderWidth: 0,
  backgroundColor: "transparent",
  shadowBlur: 0,
};

/** Return a tooltip's content: a title, what is said beside it, and rows of [class of a mark or "", name, value]. */
export function tipOf(title, note, rows) {
  const content = document.createElement("div");
  content.className = "tip-content";
  content.append(element("strong", title, ""), ...(note ? [" ", element("span", note, "soft")] : []));
  const list = element("dl", "", "tip-rows");
  for (const [mark, name, value] of rows) {
    list.append(element("dt", name, mark && `status status-${mark}`), element("dd", value, ""));
  }
  content.append(list);
  return content;
}

function element(tag, text, classes) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (classes) made.className = classes;
  return made;
}
