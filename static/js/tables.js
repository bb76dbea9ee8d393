// Tables with data-sort are sorted by a click on a heading; [data-download] saves a table as CSV.
//
// A cell's data-value is what is sorted by and saved, else its text; data-order is sorted by alone, data-saved is saved alone.
// Rows of class "rest" stay last. Files are in the tenant's language: for a page in another one the table is fetched.

import { quoted } from "./csv.js";
import { say } from "./failures.js";

const language = document.documentElement.lang || "en";
const compare = new Intl.Collator(language, { numeric: true }).compare;

/** Give the headings of each `table[data-sort]` below `root` a button. */
export function makeSortable(root) {
  for (const heading of root.querySelectorAll("table[data-sort]:not([data-sortable]) > thead th[scope=col]")) {
    if (!heading.textContent.trim() || heading.querySelector("a, button:not(.explain)")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...[...heading.childNodes].filter((node) => !node.matches?.(".explain, .explain-room")));
    heading.prepend(button);
  }
  for (const table of root.querySelectorAll("table[data-sort]")) table.dataset.sortable = "";
}

/** Answer clicks on headings and on `[data-download]` (a table's id; data-file is the file's name, data-separator and
 * data-decimal are those of the tenant's country, data-language is the tenant's). */
export function watchTables(root) {
  root.addEventListener("click", (event) => {
    const sort = event.target.closest("table[data-sort] button.sort");
    if (sort) sortBy(sort.closest("th"));
    const download = event.target.closest("[data-download]");
    if (download) saveInLanguage(download);
  });
}

/** Sort a table as another one of the same columns is sorted. */
export function keepOrder(table, other) {
  const heading = table.querySelector("th[aria-sort]");
  const same = heading && other?.tHead.rows[0].cells[heading.cellIndex];
  if (same) sortBy(same, heading.getAttribute("aria-sort"));
}

function sortBy(heading, wanted) {
  const isNumber = heading.matches(".number");
  const before = heading.getAttribute("aria-sort");
  const order = wanted ?? (before ? (before === "ascending" ? "descending" : "ascending") : isNumber ? "descending" : "ascending");
  for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const body = heading.closest("table").tBodies[0];
  for (const [index, row] of [...body.rows].entries()) row.dataset.index ??= index;
  const last = [...body.rows].filter((row) => row.matches(".rest"));
  const rows = [...body.rows].filter((row) => !row.matches(".rest"));
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => row.cells[heading.cellIndex].dataset.order ?? valueOf(row.cells[heading.cellIndex]);
  rows.sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === "" || right === "") return (left === "") - (right === ""); // nothing is last, both ways
    return sign * (isNumber ? left - right : compare(left, right));
  });
  body.append(...rows, ...last);
}

function valueOf(cell) {
  return cell.dataset.value ?? cell.textContent.replace(/\s+/g, " ").trim();
}

/** Save the table that a button is for, in the tenant's language. */
async function saveInLanguage(button) {
  const table = document.getElementById(button.dataset.download);
  if (button.dataset.language === language) return save(table, button.dataset);
  try {
    save(await translated(table), button.dataset);
  } catch {
    say(navigator.onLine ? "unreachable" : "offline", "nothing", () => saveInLanguage(button));
  }
}

/** Return the table as the same page has it in the tenant's language, its rows in the order that is shown. */
async function translated(table) {
  const answer = await fetch(location.href, { headers: { "Portal-Language": "tenant" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const other = page.getElementById(table.id);
  const [shown, rows] = [table, other].map((one) => [...one.tBodies[0].rows]);
  if (shown.length === rows.length) other.tBodies[0].append(...shown.map((row, index) => rows[row.dataset.index ?? index]));
  return other;
}

function save(table, { file, separator, decimal }) {
  const rows = [...table.rows].map((row) => [...row.cells].filter((cell) => !cell.matches(".actions")));
  const text = rows.map((cells) => cells.map((cell) => quoted(saved(cell), decimal)).join(separator)).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv;charset=utf-8" }));
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A cell's text in the file: shares and times rounded as the page shows them, data-unit of a heading beside its text. */
function saved(cell) {
  const value = cell.dataset.saved ?? valueOf(cell);
  if (cell.dataset.unit) return `${value} (${cell.dataset.unit})`;
  if (!cell.dataset.value || !cell.matches(".number")) return value;
  if (cell.textContent.includes("%")) return `${(100 * value).toFixed(2)}%`;
  return cell.dataset.value.includes(".") ? String(Math.round(value)) : value; // seconds; all else are whole numbers
}
