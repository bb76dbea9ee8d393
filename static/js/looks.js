// Theme and density change at once; the server keeps them in a cookie (portal/theme.py).

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
    fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" });
    document.dispatchEvent(new CustomEvent("portal:look"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new CustomEvent("portal:look")),
  );
}
