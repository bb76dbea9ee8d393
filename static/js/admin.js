// Gives parts of the admin that its packages leave without a name or landmark what assistive technology needs.

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

document.addEventListener("DOMContentLoaded", () => {
  nameParts();
  new MutationObserver(nameParts).observe(document.body, { childList: true, subtree: true });
});
