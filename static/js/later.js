// Charts come after the first paint: the figures and tables of a page never wait for them.

/** Draw the charts of `root`, one after the other, as soon as the page has nothing else to do. */
export async function loadCharts(root) {
  for (const element of root.querySelectorAll(".chart[data-chart]:not([data-drawn], [data-waits])")) {
    element.dataset.waits = "";
    await whenIdle();
    if (element.isConnected) await draw(element);
  }
}

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

const whenIdle = () =>
  painted.then(() => new Promise((go) => ("requestIdleCallback" in window ? requestIdleCallback(go, { timeout: 500 }) : setTimeout(go))));

function openTable(element) {
  element.hidden = true;
  element.parentElement.querySelector("details")?.setAttribute("open", "");
}
