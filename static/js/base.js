// What every page loads: htmx, menus that close, looks that change at once, copying, tables, rows by keys, charts later.

import htmx from "htmx.org";

import { watchCopying } from "./copy.js";
import { loadCharts } from "./later.js";
import { watchLooks } from "./looks.js";
import { watchMenus } from "./menus.js";
import { watchRows } from "./rows.js";
import { makeSortable, watchTables } from "./tables.js";

Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0, // figures of one tenant must not lie in the browser's storage
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
  attributesToSettle: ["class", "width", "height"], // without style, which the policy refuses to be set so
});

// A form with errors comes back as 422; its page is to be shown too.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("htmx:afterSettle", () => {
  makeSortable(document);
  loadCharts(document);
});

// What failed is shown by loading the page itself: it says what happened.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.boosted) location.assign(event.detail.pathInfo.finalRequestPath);
});

watchCopying(document);
watchLooks(document);
watchMenus(document);
watchRows(document);
watchTables(document);
makeSortable(document);
loadCharts(document);
