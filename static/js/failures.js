// Says that a request failed, whether anything was changed, and lets the person try again. Texts: _fragments/failures.html.

import htmx from "htmx.org";

const SHOWN_BY_THEMSELVES = [422, 429]; // a form or a list with its errors: its part of the page is shown as it came
const region = () => document.getElementById("failure");
let failed; // the element whose request failed last

export function watchFailures(root) {
  root.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!SHOWN_BY_THEMSELVES.includes(detail.xhr.status)) return;
    detail.shouldSwap = true;
    detail.isError = false;
  });
  root.addEventListener("htmx:responseError", ({ detail }) => {
    // A link's page says itself what happened.
    if (detail.boosted) location.assign(detail.pathInfo.finalRequestPath);
    else if (detail.xhr.status < 500) say("refused", "nothing", () => location.reload(), "reload");
    else ofRequest("server", detail, detail.xhr.status !== 503);
  });
  root.addEventListener("htmx:sendError", ({ detail }) => ofRequest(navigator.onLine ? "unreachable" : "offline", detail));
  root.addEventListener("htmx:timeout", ({ detail }) => ofRequest("timeout", detail));
  root.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && detail.elt === failed && close());
  root.addEventListener("submit", (event) => {
    if (navigator.onLine || event.defaultPrevented) return;
    event.preventDefault();
    say("offline", "nothing", () => event.target.requestSubmit(event.submitter));
  });
}

/** Say what became of htmx's request; one that reads, or that surely did nothing, can be sent again. */
function ofRequest(what, detail, isUndone = false) {
  const { verb, triggeringEvent: event } = detail.requestConfig;
  const again = () => htmx.ajax(verb, detail.pathInfo.requestPath, { source: detail.elt, event }).catch(() => {}); // said again by its event
  const number = detail.xhr.getResponseHeader("X-Request-ID");
  if (verb === "get" || isUndone) say(what, "nothing", again, "again", number);
  else say(what, "unknown", () => location.reload(), "reload", number);
  failed = detail.elt;
}

/** Show a failure: what happened, whether anything was changed, and a button that does `act`. */
export function say(what, safe, act, name = "again", number = "") {
  const parts = document.getElementById("failure-texts").content.cloneNode(true);
  const wanted = `[data-what=${what}], [data-safe=${safe}], [data-do=${name}], [data-do=close]${number ? ", [data-number]" : ""}`;
  for (const part of [...parts.children]) if (!part.matches(wanted)) part.remove();
  if (number) parts.querySelector("code").textContent = number;
  parts.querySelector(`[data-do=${name}]`).addEventListener("click", () => {
    close();
    act();
  });
  parts.querySelector("[data-do=close]").addEventListener("click", close);
  failed = undefined;
  region().replaceChildren(parts);
}

function close() {
  region().replaceChildren();
}
