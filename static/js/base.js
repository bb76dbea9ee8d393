// What every page loads: htmx, menus that close, looks that change at once, copying, rows by keys.

import htmx from "htmx.org";

import { watchCopying } from "./copy.js";
import { watchLooks } from "./looks.js";
import { watchMenus } from "./menus.js";
import { watchRows } from "./rows.js";

Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0, // figures of one tenant must not lie in the browser's storage
  scrollBehavior: "auto",
});

// A form with errors comes back as 422; its page is to be shown too.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

watchCopying(document);
watchLooks(document);
watchMenus(document);
watchRows(document);
