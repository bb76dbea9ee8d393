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
};

/** Return what a column is called: its day, its first and last day, or its month. */
export function dayName(row, unit, isLong = false) {
  const of = (day, form) => formats[form].format(new Date(`${day}T00:00:00Z`));
  if (unit === "month" && !isLong) return of(row.first, "month");
  if (!isLong) return of(row.first, "short");
  const form = language === "en" ? "english" : "long";
  return row.first === row.last ? of(row.first, form) : `${of(row.first, form)} – ${of(row.last, form)}`;
}

/** Return a tooltip drawn on the canvas: one of HTML would need inline styles. */
export function tooltip(colours) {
  const text = { color: colours.text, fontFamily: colours.font, fontSize: 12, lineHeight: 20 };
  const rich = { title: { ...text, fontWeight: 650 }, soft: { ...text, color: colours["text-soft"] } };
  for (const name of ["delivered", "pending", "failed", "unknown"]) rich[name] = { ...text, color: colours[name], width: 14 };
  rich.name = { ...text, width: 96 };
  rich.all = { ...text, width: 110 };
  rich.value = { ...text, fontWeight: 650, align: "right", width: 64 };
  return {
    renderMode: "richText",
    confine: true,
    transitionDuration: 0,
    backgroundColor: colours.raised,
    borderColor: colours.line,
    borderWidth: 1,
    padding: [8, 12],
    textStyle: { ...text, rich },
  };
}
