// ECharts drawn from the page's own data: `<div class="chart" data-chart="…" data-source="id of a json_script">`.
//
// Colours are those of static/css/tokens.css. Nothing here sets a style as text: the policy refuses that.

import { BarChart, LineChart, MapChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { stackedDays } from "./chart_days.js";
import { worldMap } from "./chart_map.js";

use([BarChart, LineChart, MapChart, GridComponent, TooltipComponent, CanvasRenderer]);

const KINDS = { "stacked-days": stackedDays, map: worldMap };
const drawn = new Map(); // element: how to draw it again

/** Draw one chart; again when the theme or its size changes. In steps, between which the page answers to its reader. */
export async function draw(element) {
  await pause();
  const read = () => JSON.parse(document.getElementById(element.dataset.source).textContent);
  let data = read();
  if (element.dataset.chart === "map") await loadWorld();
  if (!element.isConnected) return;
  const chart = init(element, null, { devicePixelRatio: Math.max(2, devicePixelRatio) }); // sharp on paper too
  const paint = () => chart.setOption(KINDS[element.dataset.chart](data, element, colours(), chart), { notMerge: true });
  await pause();
  if (!element.isConnected) return chart.dispose();
  paint();
  drawn.set(element, { chart, paint });
  element.dataset.drawn = "";
  new ResizeObserver(() => fit(element, chart, paint)).observe(element);
  watch(element, chart, () => data);
  element.addEventListener("portal:data", () => {
    data = read();
    paint();
  });
}

const pause = () => new Promise((go) => setTimeout(go));

/** Fit a chart into its element. Without a size, as while it is moved or hidden, a map cannot be laid out. */
function fit(element, chart, paint) {
  const { clientWidth: width, clientHeight: height } = element;
  if (!width || !height || (width === chart.getWidth() && height === chart.getHeight())) return;
  chart.resize();
  if (element.dataset.chart === "map") paint(); // other countries come into sight
}

function watch(element, chart, read) {
  const isMap = element.dataset.chart === "map";
  const rowOf = ({ dataIndex, name }) => (isMap ? read().rows.find((row) => row.code === name) : read().rows[dataIndex]);
  chart.on("click", (event) => go(rowOf(event)));
  chart.on("mousemove", (event) => chart.getZr().setCursorStyle(rowOf(event)?.href ? "pointer" : "default"));
  if (isMap) {
    for (const button of document.querySelectorAll(`[aria-controls="${element.id}"][data-measure]`)) {
      button.addEventListener("click", () => {
        for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
        element.dataset.measure = button.dataset.measure;
        drawn.get(element)?.paint();
      });
    }
    return;
  }
  let at = -1;
  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" && at >= 0) go(read().rows[at]);
    if (!step) return;
    event.preventDefault();
    at = Math.min(Math.max(at + step, 0), read().rows.length - 1);
    chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: at });
  });
  element.addEventListener("blur", () => chart.dispatchAction({ type: "hideTip" }));
}

function go(row) {
  if (row?.href) location.assign(row.href);
}

let world;
function loadWorld() {
  world ??= fetch(document.body.dataset.world)
    .then((answer) => answer.json())
    .then((shapes) => {
      worldMap.shapes = shapes;
      worldMap.register = (shapes) => registerMap("near", shapes);
    });
  return world;
}

/** Return the tokens' values as they are now; the canvas knows no custom properties and no light-dark(). */
function colours() {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const names = ["delivered", "pending", "failed", "unknown", "text", "text-soft", "line", "line-strong", "surface", "raised", "accent"];
  const found = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  found.font = getComputedStyle(document.body).fontFamily;
  return found;
}

// Paper is light, and as wide as this in the style sheet's eyes, which fits the charts into it.
const PAPER = { width: 700, height: 280 };
let theme;
addEventListener("beforeprint", () => {
  theme = document.documentElement.dataset.bsTheme;
  document.documentElement.dataset.bsTheme = "light";
  paintAll(PAPER);
});
addEventListener("afterprint", () => {
  document.documentElement.dataset.bsTheme = theme;
  paintAll({});
});
document.addEventListener("portal:look", () => paintAll());

function paintAll(size) {
  for (const [element, { chart, paint }] of drawn) {
    if (element.isConnected) {
      if (size) chart.resize(size);
      paint();
      chart.getZr().flush(); // now, not in the next frame: the page may be on its way to the printer
    } else {
      chart.dispose();
      drawn.delete(element);
    }
  }
}
