// In a table with data-rows the arrow keys move from one row's first link to the next one's.

export function watchRows(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const row = event.target.closest?.("table[data-rows] tbody tr");
    if (!row || event.target.matches("input, select, textarea")) return;
    const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
    const link = next?.querySelector("a, button");
    if (link) {
      event.preventDefault();
      link.focus();
    }
  });
}
