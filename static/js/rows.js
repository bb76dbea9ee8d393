// In a table with data-rows the arrow keys move from one row's first link to the next one's, and within a row.

const STOPS = "a, button:not(.explain)"; // an explanation is reached by Tab

export function watchRows(root) {
  root.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("table[data-rows] tbody tr");
    if (!row || event.target.matches("input, select, textarea")) return;
    const stop = nextStop(row, event);
    if (stop) {
      event.preventDefault();
      stop.focus();
    }
  });
}

function nextStop(row, { key, target }) {
  if (key === "ArrowDown") return row.nextElementSibling?.querySelector(STOPS);
  if (key === "ArrowUp") return row.previousElementSibling?.querySelector(STOPS);
  if (key !== "ArrowRight" && key !== "ArrowLeft") return null;
  const stops = [...row.querySelectorAll(STOPS)].filter((stop) => stop.checkVisibility());
  return stops[stops.indexOf(target) + (key === "ArrowRight" ? 1 : -1)];
}
