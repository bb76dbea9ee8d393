// What every page loads: htmx, menus that close, looks that change at once, copying, failures, tables, rows by keys, the palette, charts later.

import htmx from "htmx.org";

import { watchCopying } from "./copy.js";
import { watchFailures } from "./failures.js";
import { addCalendars } from "./days.js";
import { addExplanations, watchExplanations } from "./explanations.js";
import { loadCharts, loadParts } from "./later.js";
import { watchKeys } from "./keys.js";
import { watchLive } from "./live.js";
import { watchLooks } from "./looks.js";
import { watchMenus } from "./menus.js";
import { watchNumberLists } from "./number_list.js";
import { watchPalette } from "./palette.js";
import { watchRows } from "./rows.js";
import { makeSortable, watchTables } from "./tables.js";

Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0, // figures of one tenant must not lie in the browser's storage
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
  timeout: 30_000, // milliseconds; the server gives up earlier (PORTAL_ANSWER_WITHIN)
  attributesToSettle: ["class", "width", "height"], // without style, which the policy refuses to be set so
});

/** Scroll the row of pages, where it is too long for a phone, to the current one. */
function showCurrentPage() {
  const current = document.querySelector(".nav-row [aria-current]");
  const row = current?.parentElement;
  if (row) row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

document.addEventListener("htmx:afterSwap", () => addExplanations(document));
document.addEventListener("htmx:afterSettle", () => {
  showCurrentPage();
  makeSortable(document);
  addCalendars(document);
  loadCharts(document);
  loadParts(document);
});

watchCopying(document);
watchExplanations(document);
watchFailures(document);
watchKeys(document);
watchLive(document);
watchLooks(document);
watchMenus(document);
watchNumberLists(document);
watchPalette(document);
watchRows(document);
watchTables(document);
makeSortable(document);
addCalendars(document);
loadCharts(document);
loadParts(document);
showCurrentPage();
