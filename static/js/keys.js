// Keyboard help: `?` lists the shortcuts of the page, except while somebody types.

const TYPED_IN = "input, textarea, select, [contenteditable]";

/** Open the list of shortcuts, without those that the page has no use for. */
export function showKeys() {
  const help = document.getElementById("keys");
  if (!help) return;
  for (const line of help.querySelectorAll("[data-if]")) line.hidden = !document.querySelector(line.dataset.if);
  help.showModal();
}

export function watchKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(TYPED_IN) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    showKeys();
  });
}
