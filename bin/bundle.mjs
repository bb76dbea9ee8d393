// Bundles what browsers load into static/build/: npm's packages and our own sources below static/.
//
// base.css    Tabler (only the rules whose classes stand in a template or script, and the properties that they read), Inter, static/css/
// base.js     htmx and static/js/base.js, on every page
// charts.js   ECharts' parts and static/js/charts.js, loaded after the first paint of a page with charts
// calendar.js cally's calendar, loaded when the first one is opened
// world.json  the countries' shapes by their two letters (Natural Earth, public domain)
// Names stay the same: WhiteNoise gives them their content's hash.

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import postcss from "postcss";
import { feature } from "topojson-client";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const target = path.join(root, "static", "build");
const fresh = `${target}.${process.pid}`;
const require = createRequire(import.meta.url);

const OWN_CSS = [
  ...["tokens", "page", "frame", "menus", "text", "cards", "forms", "days", "notices", "status"],
  ...["figures", "charts", "waiting", "choices", "copy", "tables", "lists", "messages", "message", "settings", "log", "palette", "ab", "live", "gates"],
];
const READ_FOR_CLASSES = ["templates", "static/js", "portal", "campaigns", "deliveries", "reports"];
const SPEAKS_OF_ANOTHER_THEME = /data-bs-navbar-theme|data-theme|theme-dark|\[data-bs-theme=dark\] \[data-bs-theme=light\]/;

async function wordsIn(folder, words = new Set()) {
  for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) await wordsIn(name, words);
    else if (/\.(html|js|py)$/.test(entry.name)) {
      for (const word of (await readFile(path.join(root, name), "utf8")).match(/[\w-]+/g) ?? []) words.add(word);
    }
  }
  return words;
}

/** Keep the rules whose every class and data attribute is one of `words`; a page cannot need the others. */
function onlyUsed(words) {
  return (css) => {
    css.walkRules((rule) => {
      if (rule.parent.name?.endsWith("keyframes")) return;
      rule.selectors = rule.selectors.filter(
        (selector) =>
          !SPEAKS_OF_ANOTHER_THEME.test(selector) &&
          (selector.match(/\.(?:[\w-]|\\.)+|\[data-[\w-]+/g) ?? []).every((name) => words.has(name.slice(1).replaceAll("\\", ""))),
      );
      if (!rule.selectors.filter(Boolean).length) rule.remove();
    });
    css.walkAtRules("media", (media) => {
      if (!media.nodes.length) media.remove();
    });
  };
}

/** Remove the custom properties that no rule reads, here or in `own`; those that only they read go next. */
function onlyReadProperties(own) {
  return (css) => {
    let removed;
    do {
      removed = 0;
      const read = new Set(`${css}${own}`.match(/(?<=var\(\s*)--[\w-]+/g));
      css.walkDecls(/^--/, (property) => {
        if (read.has(property.prop)) return;
        property.remove();
        removed += 1;
      });
    } while (removed);
    css.walkRules((rule) => {
      if (!rule.nodes.length) rule.remove();
    });
  };
}

async function css() {
  const words = await wordsIn(READ_FOR_CLASSES[0]);
  for (const folder of READ_FOR_CLASSES.slice(1)) await wordsIn(folder, words);
  const tabler = await readFile(require.resolve("@tabler/core/dist/css/tabler.css"), "utf8");
  const own = await Promise.all(OWN_CSS.map((name) => readFile(path.join(root, "static/css", `${name}.css`), "utf8")));
  const used = (await postcss([onlyUsed(words), onlyReadProperties(own.join("\n"))]).process(tabler, { from: undefined })).css;
  await build({
    stdin: {
      contents: `@import "@fontsource-variable/inter/wght.css";\n${[used, ...own].join("\n").replace(/@charset[^;]*;/g, "")}`,
      loader: "css",
      resolveDir: root,
    },
    outfile: path.join(fresh, "base.css"),
    bundle: true,
    minify: true,
    legalComments: "linked",
    assetNames: "fonts/[name]",
    loader: { ".woff2": "file", ".svg": "dataurl" },
    target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark(),
  });
}

async function scripts() {
  const common = { bundle: true, minify: true, legalComments: "linked", target: "es2022", absWorkingDir: root };
  await Promise.all([
    build({ ...common, entryPoints: ["static/js/base.js"], outfile: path.join(fresh, "base.js"), format: "iife" }),
    build({ ...common, entryPoints: ["static/js/charts.js"], outfile: path.join(fresh, "charts.js"), format: "esm" }),
    build({ ...common, entryPoints: ["static/js/calendar.js"], outfile: path.join(fresh, "calendar.js"), format: "esm" }),
  ]);
}

async function world() {
  const topology = require("world-atlas/countries-110m.json");
  const letters = Object.fromEntries(require("i18n-iso-countries/codes.json").map(([two, , number]) => [number, two]));
  const countries = feature(topology, topology.objects.countries);
  const features = countries.features
    .filter((country) => letters[country.id] && country.id !== "010") // nobody sends to Antarctica
    .map((country) => ({
      type: "Feature",
      properties: { name: letters[country.id] },
      geometry: { ...country.geometry, coordinates: rounded(onOnePlane(country.geometry)) },
    }));
  await writeFile(path.join(fresh, "world.json"), JSON.stringify({ type: "FeatureCollection", features }));
}

/** Let outlines run on past 180° instead of jumping to -180°: the shapes are made for a globe. */
function onOnePlane({ type, coordinates }) {
  const ring = (points) => {
    let turn = 0;
    return points.map(([x, y], n) => {
      if (n) turn += Math.round((points[n - 1][0] - x) / 360) * 360;
      return [x + turn, y];
    });
  };
  return type === "Polygon" ? coordinates.map(ring) : coordinates.map((part) => part.map(ring));
}

const rounded = (value) => (Array.isArray(value) ? value.map(rounded) : Math.round(value * 10) / 10);

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
await Promise.all([css(), scripts(), world()]);
await rm(target, { recursive: true, force: true });
await rename(fresh, target);
