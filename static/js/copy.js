// Buttons with data-copy put a text, or the text of an element, on the clipboard and say so, to screen readers too.

import { guarded } from "./csv.js";

/** Answer clicks on `[data-copy]` (the text; the one before the button where it is empty) and `[data-copy-from]` (an element's id; a table is copied with tabs). */
export function watchCopying(root) {
  const status = document.createElement("div");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  (document.querySelector("main") ?? document.body).append(status); // before its words, or they are not read
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    const text = source ? textOf(source) : button.dataset.copy || button.previousSibling.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      say(button, button.dataset.copied, status);
    } catch {
      if (source) getSelection().selectAllChildren(source); // no clipboard here: what is marked can be copied by keys
    }
  });
}

function textOf(element) {
  const table = element.matches("table") ? element : element.querySelector("table");
  if (!table) return element.textContent.trim();
  const rows = [...table.rows].map((row) => [...row.cells].filter((cell) => !cell.matches(".actions")));
  return rows.map((cells) => cells.map(pasted).join("\t")).join("\n");
}

/** A cell's text; a spreadsheet that it is pasted into must not calculate what others wrote. Figures are our own. */
function pasted(cell) {
  const text = cell.innerText.replace(/\s+/g, " ").trim();
  return cell.matches(".number") ? text : guarded(text);
}

function say(button, words, status) {
  const before = button.textContent;
  button.dataset.done = "";
  if (before) button.textContent = words; // a button with a picture alone changes it
  status.textContent = words;
  setTimeout(() => {
    delete button.dataset.done;
    button.textContent = before;
    status.textContent = ""; // so that the same words are read again
  }, 1500);
}
