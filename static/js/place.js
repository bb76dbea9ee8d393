/** Put a panel that lies over the page under an element, or above it where there is no room. */
export function place(panel, element) {
  const at = element.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = panel;
  const below = at.bottom + 4;
  const top = below + offsetHeight <= innerHeight ? below : Math.max(4, at.top - offsetHeight - 4);
  panel.style.top = `${top}px`;
  panel.style.left = `${Math.max(4, Math.min(at.left, document.documentElement.clientWidth - offsetWidth - 4))}px`;
}
