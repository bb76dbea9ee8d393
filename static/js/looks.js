// Theme and density change at once; the server keeps them in a cookie (portal/theme.py).

import { say } from "./failures.js";

const ATTRIBUTES = { theme: "data-bs-theme", density: "data-density" };

/** Apply what a button of `form[data-look]` chooses, and send the form in the background. */
export function watchLooks(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.matches("form[data-look]") || !button?.name) return;
    event.preventDefault();
    document.documentElement.setAttribute(ATTRIBUTES[button.name], button.value);
    for (const other of form.querySelectorAll(`[name="${button.name}"]`)) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    keep(form, button);
    document.dispatchEvent(new CustomEvent("portal:look"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new CustomEvent("portal:look")),
  );
}

/** Have the server keep the choice; say so where it does not. */
async function keep(form, button) {
  const again = () => keep(form, button);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" });
    if (answer.status >= 500) say("server", "nothing", again);
    else if (answer.status >= 400) say("refused", "nothing", () => location.reload(), "reload");
  } catch {
    say(navigator.onLine ? "unreachable" : "offline", "nothing", again);
  }
}
