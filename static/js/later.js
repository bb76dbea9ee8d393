// Charts come after the first paint: the figures and tables of a page never wait for them.

/** Load charts.js when a chart of `root` comes near to what is seen, and draw it. */
export function loadCharts(root) {
  const charts = root.querySelectorAll(".chart[data-chart]:not([data-drawn])");
  if (!charts.length) return;
  const near = new IntersectionObserver(
    (seen) => {
      for (const { target } of seen.filter((entry) => entry.isIntersecting)) {
        near.unobserve(target);
        whenIdle(() => draw(target));
      }
    },
    { rootMargin: "200px" },
  );
  charts.forEach((element) => near.observe(element));
  // On paper everything is seen.
  addEventListener("beforeprint", () => charts.forEach((element) => "drawn" in element.dataset || draw(element)), { once: true });
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

const whenIdle = (work) =>
  painted.then(() => ("requestIdleCallback" in window ? requestIdleCallback(work, { timeout: 500 }) : setTimeout(work)));

function openTable(element) {
  element.hidden = true;
  element.parentElement.querySelector("details")?.setAttribute("open", "");
}
