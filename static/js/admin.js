// Gives parts of the admin that its packages leave without a name or landmark what assistive technology needs, and
// proposes the slug of a new customer.

const ROLES = {
  "#main": "main",
  ".simplebar-content-wrapper[role=region]": "group", // several regions of one name are no landmarks
  "th:empty, th.lg\\:w-px": "cell", // above buttons
};

function nameSelects() {
  for (const combobox of document.querySelectorAll(".select2-selection[role=combobox]")) {
    const select = combobox.closest(".select2")?.previousElementSibling;
    const label = select?.labels?.[0];
    if (!label) continue;
    label.id ||= `label-of-${select.id}`;
    const value = combobox.getAttribute("aria-labelledby") ?? "";
    if (!value.includes(label.id)) combobox.setAttribute("aria-labelledby", `${label.id} ${value}`.trim());
    combobox.querySelector(".select2-selection__rendered[role=textbox]")?.setAttribute("aria-labelledby", label.id);
  }
}

function nameParts() {
  for (const [selector, role] of Object.entries(ROLES)) {
    for (const part of document.querySelectorAll(selector)) part.setAttribute("role", role);
  }
  nameSelects();
}

/** Propose a slug while the name is typed, until the slug is typed itself; the server makes the same from the name. */
function proposeSlug(form) {
  const { name, slug } = form.elements;
  let isOwn = slug.value !== "";
  slug.addEventListener("input", () => (isOwn = slug.value !== ""));
  name.addEventListener("input", () => {
    if (isOwn) return;
    const letters = name.value.normalize("NFKD").replace(/[^\w\s-]/g, "").trim().toLowerCase();
    slug.value = letters.replace(/[-\s]+/g, "-").replace(/^[-_]+|[-_]+$/g, "").slice(0, slug.maxLength);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  nameParts();
  for (const form of document.querySelectorAll("form[data-proposes-slug]")) proposeSlug(form);
  new MutationObserver(nameParts).observe(document.body, { childList: true, subtree: true });
});
