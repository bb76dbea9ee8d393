// Charts come after the first paint: the figures and tables of a page never wait for them.

/** Load charts.js when `root` holds charts, and draw them. */
export function loadCharts(root) {
  const charts = [...root.querySelectorAll(".chart[data-chart]:not([data-drawn])")];
  if (!charts.length) return;
  const draw = () =>
    import(document.body.dataset.charts)
      .then((module) => charts.forEach((element) => module.draw(element)))
      .catch(() => charts.forEach(openTable)); // the table under the chart says the same
  requestAnimationFrame(() => ("requestIdleCallback" in window ? requestIdleCallback(draw, { timeout: 500 }) : setTimeout(draw)));
}

function openTable(element) {
  element.hidden = true;
  element.parentElement.querySelector("details")?.setAttribute("open", "");
}
