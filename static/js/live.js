// Live figures: `[data-live]` holds the address of a part of its page, which is asked for whenever the portal signals
// that figures have changed (`[data-live-signals]`, server-sent events), and now and then: time changes what is probable.
// Without signals it is asked for every `[data-live-every]` seconds.
//
// Only what changed is replaced, so nobody loses their place. It stops while the page is hidden or paused, and once the
// campaign is done; after a failure it waits longer each time, a minute at most.

import htmx from "htmx.org";

import { addExplanations } from "./explanations.js";
import { loadCharts } from "./later.js";
import { keepOrder, makeSortable } from "./tables.js";

const WITH_SIGNALS = 20_000; // milliseconds
const LONGEST = 60_000;
const SPOKEN = 30_000; // between two announcements to screen readers
const BY_SCRIPT = ["open", "aria-sort", "aria-pressed"]; // attributes that belong to the reader
const KEPT = "[data-chart], .map-head, #different-recipients, #conversions, #hours"; // they change by themselves, or not at all

/** Follow the figures of the page that has `[data-live]`. */
export function watchLive(root) {
  const live = root.querySelector("[data-live][data-state=running]");
  if (!live) return;
  const spoken = document.createElement("p");
  spoken.className = "visually-hidden";
  spoken.setAttribute("role", "status");
  live.after(spoken);
  const follower = { live, spoken, etag: "", failures: 0, spokenAt: Date.now(), isPaused: false, timer: 0, signals: null };
  // Failures are told here, once: the page stays as it is, and nobody has to do anything.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
    live.addEventListener(name, (event) => event.stopPropagation());
  }
  live.addEventListener("click", (event) => event.target.closest("[data-live-pause]") && pause(follower));
  document.addEventListener("visibilitychange", () => go(follower));
  listen(follower);
  plan(follower);
}

/** Tell whether figures are followed now: a browser has few connections to a site, which hidden pages must not hold. */
const isFollowed = ({ isPaused, live }) => !isPaused && !document.hidden && live.dataset.state === "running";

/** Stop, or ask at once and go on. */
function go(follower) {
  clearTimeout(follower.timer);
  listen(follower);
  ask(follower);
}

/** Open the signals, or close them. They connect again by themselves; what refuses them is tried again by `plan`. */
function listen(follower) {
  if (!isFollowed(follower)) {
    follower.signals?.close();
    follower.signals = null;
  } else if (!follower.signals || follower.signals.readyState === EventSource.CLOSED) {
    follower.listensSince = Date.now();
    follower.signals = new EventSource(follower.live.dataset.liveSignals);
    follower.signals.addEventListener("changed", () => ask(follower));
    follower.signals.addEventListener("error", () => plan(follower));
  }
}

function plan(follower) {
  clearTimeout(follower.timer);
  if (!isFollowed(follower)) return listen(follower);
  const hasSignals = follower.signals?.readyState === EventSource.OPEN;
  if (!hasSignals && Date.now() - follower.listensSince > LONGEST) listen(follower);
  const every = hasSignals && !follower.failures ? WITH_SIGNALS : 1000 * follower.live.dataset.liveEvery;
  follower.timer = setTimeout(() => ask(follower), Math.min(LONGEST, every * 2 ** follower.failures));
}

async function ask(follower) {
  clearTimeout(follower.timer);
  if (!isFollowed(follower)) return listen(follower);
  follower.isDue = follower.isAsking;
  if (follower.isAsking) return;
  follower.isAsking = true;
  let xhr;
  const seen = ({ detail }) => (xhr = detail.xhr);
  follower.live.addEventListener("htmx:afterRequest", seen, { once: true });
  const headers = follower.etag ? { "If-None-Match": follower.etag } : {};
  await htmx.ajax("GET", follower.live.dataset.live, { source: follower.live, swap: "none", headers }).catch(() => {});
  follower.live.removeEventListener("htmx:afterRequest", seen);
  follower.isAsking = false;
  const page = xhr?.status === 200 && new DOMParser().parseFromString(xhr.responseText, "text/html");
  if (page && page.getElementById("live")) {
    follower.etag = xhr.getResponseHeader("ETag") ?? "";
    take(follower, page);
    follower.failures = 0;
  } else follower.failures = xhr?.status === 304 ? 0 : follower.failures + 1;
  show(follower, "failed", follower.failures > 0);
  if (follower.isDue && !follower.failures) ask(follower);
  else plan(follower);
}

/** Take over what changed. */
function take(follower, page) {
  const { live } = follower;
  const fresh = page.getElementById("live");
  const wasFocused = live.contains(document.activeElement);
  live.dataset.state = fresh.dataset.state;
  live.replaceChildren(...fresh.children);
  if (wasFocused) live.querySelector("[data-live-pause]")?.focus({ preventScroll: true });
  speak(follower);
  const [shown, figures] = [document, page].map((one) => one.getElementById("live-figures"));
  addExplanations(page);
  makeSortable(figures);
  for (const table of shown.querySelectorAll("table[id]")) keepOrder(table, figures.querySelector(`table[id="${table.id}"]`));
  renew(shown, figures);
  loadCharts(shown);
  for (const chart of shown.querySelectorAll("[data-chart][data-drawn]")) chart.dispatchEvent(new Event("portal:data"));
}

/** Change what is shown into what is fresh where they differ, so that focus, open details and selected text stay. */
function renew(shown, fresh) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== fresh.data) shown.data = fresh.data;
    return;
  }
  if (shown.nodeType !== Node.ELEMENT_NODE || shown.matches(KEPT)) return;
  for (const { name, value } of fresh.attributes) {
    if (!BY_SCRIPT.includes(name) && shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  const [before, after] = [shown, fresh].map((node) => [...node.childNodes].filter(hasContent));
  if (before.length === after.length && before.every((node, index) => node.nodeName === after[index].nodeName)) {
    before.forEach((node, index) => renew(node, after[index]));
  } else {
    const [kept, places] = [shown, fresh].map((node) => [...node.querySelectorAll(KEPT)]);
    if (kept.length === places.length) places.forEach((place, index) => place.replaceWith(kept[index]));
    shown.replaceChildren(...fresh.childNodes);
    htmx.process(shown);
  }
}

const hasContent = (node) => node.nodeType !== Node.TEXT_NODE || node.data.trim();

function pause(follower) {
  follower.isPaused = !follower.isPaused;
  show(follower, "paused", follower.isPaused);
  const button = follower.live.querySelector("[data-live-pause]");
  button?.setAttribute("aria-pressed", String(follower.isPaused));
  go(follower);
}

function show(follower, when, isShown) {
  const note = follower.live.querySelector(`[data-live-when=${when}]`);
  if (note.hidden === !isShown) return;
  note.hidden = !isShown;
  if (isShown) follower.spoken.textContent = note.textContent;
  if (when === "failed" || when === "paused") follower.live.toggleAttribute(`data-${when}`, isShown);
}

/** Tell a screen reader the summary: now and then, and at the end. */
function speak(follower) {
  const isOver = follower.live.dataset.state !== "running";
  if (!isOver && Date.now() - follower.spokenAt < SPOKEN) return;
  follower.spokenAt = Date.now();
  follower.spoken.textContent = follower.live.querySelector(".live-summary").textContent;
}
