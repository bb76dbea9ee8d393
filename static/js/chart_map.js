// A small map: countries by how many messages went there, or by their delivery rate, cut to where the messages are.

import { numbers, percents, tipOf, tooltip } from "./chart_words.js";

const STEPS = 5;

// Keeps each country's shape, however far north; what is around the countries fills the rest of the width.
const mercator = {
  project: ([east, north]) => [east, -Math.log(Math.tan(Math.PI / 4 + (north * Math.PI) / 360)) * (180 / Math.PI)],
  unproject: ([x, y]) => [x, (Math.atan(Math.exp((-y * Math.PI) / 180)) * 360) / Math.PI - 90],
};

export function worldMap(data, element, colours, chart) {
  const measure = element.dataset.measure ?? "messages";
  const rows = data.rows.filter((row) => row[measure] !== null);
  const [low, high] = range(rows, measure);
  const around = bounds(data.rows);
  worldMap.register({ type: "FeatureCollection", features: inSight(around, chart.getWidth() / chart.getHeight()) });
  return {
    animation: false,
    tooltip: { ...tooltip, trigger: "item", formatter: ({ data: row }) => (row?.code ? tip(row) : "") },
    series: [
      {
        type: "map",
        map: "near",
        data: rows.map((row) => ({
          ...row,
          name: row.code,
          title: row.name,
          value: row[measure],
          itemStyle: { areaColor: shade(row[measure]) },
        })),
        selectedMode: false,
        boundingCoords: around,
        projection: mercator,
        preserveAspect: "contain",
        left: 0,
        right: 0,
        top: 0,
        bottom: 0,
        itemStyle: { areaColor: colours.line, borderColor: colours.surface, borderWidth: 0.75 },
        emphasis: { label: { show: false }, itemStyle: { areaColor: colours.accent } },
        label: { show: false },
      },
    ],
  };

  function tip(row) {
    return tipOf(row.title, "", [
      ["", data.words.messages, numbers.format(row.messages)],
      ["", data.words.rate, row.rate === null ? "–" : percents.format(row.rate)],
    ]);
  }

  /** Blend from a quarter of the accent to all of it, in steps that eyes can tell apart. */
  function shade(value) {
    const place = high > low ? (value - low) / (high - low) : 1;
    const scaled = measure === "messages" ? Math.sqrt(value / high) : place;
    const part = 0.25 + 0.75 * (Math.min(Math.floor(scaled * STEPS), STEPS - 1) / (STEPS - 1));
    return blend(colours.surface, colours.accent, part);
  }
}

function range(rows, measure) {
  const values = rows.map((row) => row[measure]);
  return [Math.min(...values), Math.max(...values)];
}

function blend(from, to, part) {
  const [a, b] = [from, to].map((colour) => colour.match(/[\d.]+/g).map(Number));
  return `rgb(${[0, 1, 2].map((n) => Math.round(a[n] + (b[n] - a[n]) * part)).join(",")})`;
}

/** Return the corners [[west, north], [east, south]] around the main part of each country with messages. */
function bounds(rows) {
  const all = rows.reduce((sum, row) => sum + row.messages, 0);
  const codes = new Set(rows.filter((row) => row.messages >= all / 200).map((row) => row.code));
  const points = worldMap.shapes.features.filter((shape) => codes.has(shape.properties.name)).flatMap(mainland);
  if (!points.length) return [[-170, 75], [180, -55]];
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [
    [Math.min(...xs) - 3, Math.max(...ys) + 1.5],
    [Math.max(...xs) + 3, Math.min(...ys) - 1.5],
  ];
}

/** Return the shapes of the countries that can be seen where the corners `around` are fitted into a box of this aspect. */
function inSight(around, aspect) {
  const [[west, top], [east, bottom]] = around.map(mercator.project);
  const width = Math.max(east - west, (bottom - top) * aspect) / 2;
  const height = Math.max(bottom - top, (east - west) / aspect) / 2;
  const [x, y] = [(west + east) / 2, (top + bottom) / 2];
  return worldMap.shapes.features.filter((shape) => {
    const [left, upper, right, lower] = (shape.box ??= box(shape));
    return left <= x + width && right >= x - width && upper <= y + height && lower >= y - height;
  });
}

/** Return the corners of a country in the map's plane. */
function box({ geometry }) {
  const points = geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 2).map(mercator.project);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Return the outline of a country's largest part: islands far away would make the rest tiny. */
function mainland({ geometry }) {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return parts.map(([outline]) => outline).reduce((largest, outline) => (area(outline) > area(largest) ? outline : largest));
}

function area(outline) {
  let twice = 0;
  for (let n = 0; n < outline.length - 1; n++) twice += outline[n][0] * outline[n + 1][1] - outline[n + 1][0] * outline[n][1];
  return Math.abs(twice / 2);
}
