// Charts and parts of a page that are loaded come after the first paint: its figures and tables never wait for them.

const SIGNS_OF_A_READER = ["scroll", "wheel", "pointermove", "pointerdown", "keydown"];
const QUIET = 4000; // milliseconds after the first paint

/** Draw the charts of `root`: those in sight as soon as the page has nothing else to do, then the ones further down. */
export async function loadCharts(root) {
  const charts = [...root.querySelectorAll(".chart[data-chart]:not([data-drawn], [data-waits])")];
  for (const element of charts) element.dataset.waits = "";
  if (!charts.length) return;
  await painted;
  const below = charts.filter((element) => element.getBoundingClientRect().top > innerHeight);
  await drawEach(charts.filter((element) => !below.includes(element)));
  if (!below.length) return;
  await (somebodyReads ??= waitForReader());
  await drawEach(below);
}

/** Load the parts of `root` with `hx-trigger="later"`: those in sight after the first paint, then the ones further down. */
export async function loadParts(root) {
  const parts = [...root.querySelectorAll("[hx-trigger=later]")].filter((element) => !waiting.has(element));
  for (const element of parts) waiting.add(element);
  if (!parts.length) return;
  await Promise.all([painted, listening]);
  const below = parts.filter((element) => element.getBoundingClientRect().top > innerHeight);
  loadEach(parts.filter((element) => !below.includes(element)));
  if (!below.length) return;
  await (somebodyReads ??= waitForReader());
  loadEach(below);
}

const waiting = new WeakSet();

function loadEach(parts) {
  for (const element of parts) element.dispatchEvent(new Event("later"));
}

async function drawEach(charts) {
  for (const element of charts) {
    await whenIdle();
    if (element.isConnected) await draw(element);
  }
}

/** Resolve once somebody scrolls, points or presses a key; after QUIET at the latest, as the page may be printed. */
let somebodyReads;
const waitForReader = () =>
  new Promise((resolve) => {
    for (const sign of SIGNS_OF_A_READER) addEventListener(sign, resolve, { once: true, passive: true, capture: true });
    setTimeout(resolve, QUIET);
  });

const draw = (element) =>
  import(document.body.dataset.charts)
    .then((module) => module.draw(element))
    .catch(() => openTable(element)); // the table under the chart says the same

const painted = new Promise((resolve) => {
  if (!PerformanceObserver.supportedEntryTypes.includes("paint")) addEventListener("load", () => setTimeout(resolve));
  else {
    const paints = (list) => list.getEntriesByName("first-contentful-paint").length && resolve();
    new PerformanceObserver(paints).observe({ type: "paint", buffered: true });
  }
});

const listening = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve)); // htmx by then does

const whenIdle = () =>
  new Promise((go) => ("requestIdleCallback" in window ? requestIdleCallback(go, { timeout: 500 }) : setTimeout(go)));

function openTable(element) {
  element.hidden = true;
  element.parentElement.querySelector("details")?.setAttribute("open", "");
}
