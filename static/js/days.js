// Date fields: a button beside each opens a calendar in the page's language. The field stays a text field that accepts
// the notations of portal/common/days_typed.py.

import { place } from "./place.js";

const NOTATION = { en: "en-GB", fi: "fi-FI" }; // the day first, as the server writes it (portal/formats)

const language = () => NOTATION[document.documentElement.lang] ?? document.documentElement.lang;

/** Add a calendar to each date field below `root` that has none yet. */
export function addCalendars(root) {
  for (const input of root.querySelectorAll("input[data-day]:not([data-has-calendar])")) addCalendar(input);
}

function addCalendar(input) {
  const { chooseDay, previousMonth, nextMonth } = document.body.dataset;
  const field = input.labels?.[0]?.textContent.trim() ?? "";
  const name = field ? `${chooseDay}: ${field}` : chooseDay;
  const box = document.createElement("span");
  const button = document.createElement("button");
  const panel = document.createElement("div");
  input.dataset.hasCalendar = "";
  box.className = "day-box";
  input.before(box);
  button.type = "button";
  button.className = "day-open";
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-haspopup", "dialog");
  panel.className = "day-panel";
  panel.popover = "auto";
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", name);
  box.append(input, button, panel);

  const choose = (event) => {
    input.value = typed(event.currentTarget.value);
    input.dispatchEvent(new Event("change", { bubbles: true }));
    panel.hidePopover();
    button.focus();
  };
  button.addEventListener("click", async () => {
    await import(document.body.dataset.calendar);
    if (!panel.firstChild) panel.append(newCalendar(previousMonth, nextMonth, choose));
    const calendar = panel.firstChild;
    calendar.value = isoDay(input.value);
    calendar.focusedDate = calendar.value || undefined;
    panel.togglePopover();
  });
  panel.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState !== "open") return;
    place(panel, input);
    requestAnimationFrame(() => panel.firstChild.focus());
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.matches(":popover-open")) return;
    event.stopPropagation(); // a menu around the field stays open
    event.preventDefault();
    panel.hidePopover();
    button.focus();
  });
}

function newCalendar(previousMonth, nextMonth, choose) {
  const calendar = document.createElement("calendar-date");
  calendar.setAttribute("locale", language());
  calendar.setAttribute("first-day-of-week", "1");
  calendar.addEventListener("change", choose);
  for (const [slot, sign, text] of [["previous", "‹", previousMonth], ["next", "›", nextMonth]]) {
    const arrow = document.createElement("span");
    arrow.slot = slot;
    arrow.setAttribute("aria-label", text);
    arrow.setAttribute("role", "img");
    arrow.textContent = sign;
    calendar.append(arrow);
  }
  calendar.append(document.createElement("calendar-month"));
  return calendar;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Write an ISO day as the server writes it in the page's language: 31.10.2026 in Finnish, 31 Oct 2026 in English. */
function typed(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  return document.documentElement.lang === "fi" ? `${day}.${month}.${year}` : `${day} ${MONTHS[month - 1]} ${year}`;
}

/** Return the ISO day of a typed text, '' where it is none. */
function isoDay(text) {
  const found = text.trim().match(/^(\d{1,2})(?:\. ?(\d{1,2})\. ?| ([A-Za-z]{3})[a-z]* )(\d{4})$/);
  if (!found) return /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? text.trim() : "";
  const month = found[2] ? Number(found[2]) : MONTHS.findIndex((name) => name.toLowerCase() === found[3].toLowerCase()) + 1;
  return [found[4], month, found[1]].map((part) => String(part).padStart(2, "0")).join("-");
}
