// Explanations of words open beside their button. The style sheet places them (text.css); older browsers need a script.

import { place } from "./place.js";

/** Add the explanations that a part of a page brought along, unless the page has them. */
export function addExplanations(root) {
  for (const brought of root.querySelectorAll("template.word")) {
    const explanation = brought.content.firstElementChild;
    if (!document.getElementById(explanation.id)) document.body.append(document.adoptNode(explanation));
    brought.remove();
  }
}

/** Place explanations that buttons below `root` open, where the browser has no anchor positioning. */
export function watchExplanations(root) {
  if (CSS.supports("position-area", "bottom")) return;
  let button;
  root.addEventListener("click", (event) => {
    button = event.target.closest("button.explain") ?? button;
  });
  root.addEventListener(
    "toggle",
    ({ target, newState }) => {
      if (newState === "open" && button && target.id === button.getAttribute("popovertarget")) place(target, button);
    },
    true, // this event does not bubble
  );
}
