// The command palette: a combobox in a dialog, opened by Ctrl or Cmd and K or by the header's link. What is typed is
// sent in the body of a POST. The browser keeps the last results that were opened, by person and customer; the server
// says which of them it may keep (never a number). They are deleted at sign-out.

import { showKeys } from "./keys.js";

const WAIT = 150; // milliseconds without a key, before a search
const MOST_RECENT = 6;
const KEPT = "palette:";

let dialog, form, input, list, status, asked, timer, isWaiting, isPressed;
let options = [];
let current = -1;

export function watchPalette(root) {
  if (location.pathname.startsWith("/accounts/login/")) forget();
  root.addEventListener("submit", (event) => {
    if (event.target.matches('form[action$="/accounts/logout/"]')) forget();
  });
  dialog = document.getElementById("palette");
  if (!dialog) return;
  form = dialog.querySelector("form");
  input = dialog.querySelector("[role=combobox]");
  list = dialog.querySelector("[role=listbox]");
  status = dialog.querySelector("[role=status]");
  root.addEventListener("keydown", (event) => {
    if (event.key?.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!dialog.open && !document.querySelector("dialog[open]")) open();
  });
  root.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(options[Number(option.dataset.at)]);
    else if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    else if (event.target.closest("[data-keys]")) {
      dialog.close();
      showKeys();
    }
  });
  dialog.addEventListener("close", () => {
    asked?.abort();
    clearTimeout(timer);
    input.value = "";
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    isWaiting = true;
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", onKey);
  form.addEventListener("submit", (event) => {
    if (form.elements.what.value || !options.length) return; // the page of its own answers
    event.preventDefault();
  });
}

function open() {
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.hidePopover();
  form.elements.what.value = "";
  show([]);
  dialog.showModal();
  ask();
}

function onKey(event) {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (options.length) select((current + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
  } else if (event.key === "Enter") {
    if (isWaiting) {
      event.preventDefault();
      isPressed = true; // what is shown is of another text: the answer opens its first result
    } else if (options[current]) {
      event.preventDefault();
      choose(options[current]);
    }
  }
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  isWaiting = true;
  const { signal } = asked;
  const timeout = AbortSignal.timeout(15_000);
  let answer;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      signal: AbortSignal.any ? AbortSignal.any([signal, timeout]) : signal,
    });
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) throw new Error("no result");
    answer = await response.json();
  } catch {
    if (signal.aborted) return;
    finish([], dialog.dataset.failed);
    return;
  }
  if (signal.aborted) return;
  const recent = input.value.trim() ? [] : remembered();
  finish(recent.length ? [{ name: dialog.dataset.recent, items: recent }, ...answer.groups] : answer.groups, answer.problem);
}

function finish(groups, problem) {
  isWaiting = false;
  show(groups);
  const { none, one, several } = dialog.dataset;
  const count = options.length === 1 ? one : several.replace("{n}", options.length);
  status.textContent = problem || (options.length ? count : none);
  if (isPressed && options[0]) choose(options[0]);
  else if (isPressed) form.submit(); // the page of its own answers
  isPressed = false;
}

/** Show the groups' results; the first one is selected. */
function show(groups) {
  options = groups.flatMap((group) => group.items);
  let at = 0;
  list.replaceChildren(
    ...groups.map((group, number) => {
      const box = element("div", "palette-kind");
      const name = element("div", "palette-name soft small", group.name);
      name.id = `palette-kind-${number}`;
      box.setAttribute("role", "group");
      box.setAttribute("aria-labelledby", name.id);
      box.append(name, ...group.items.map((item) => option(item, at++)));
      return box;
    }),
  );
  input.setAttribute("aria-expanded", String(options.length > 0));
  select(options.length ? 0 : -1);
}

function option(item, at) {
  const line = element("div", "palette-option");
  line.id = `palette-option-${at}`;
  line.dataset.at = at;
  line.setAttribute("role", "option");
  line.append(element("span", "", item.text), element("span", "soft small", item.hint));
  return line;
}

function select(at) {
  current = at;
  for (const line of list.querySelectorAll("[role=option]")) {
    line.setAttribute("aria-selected", String(Number(line.dataset.at) === at));
  }
  const chosen = document.getElementById(`palette-option-${at}`);
  if (chosen) {
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

function choose(item) {
  if (item.is_number) {
    form.elements.what.value = "number";
    form.submit();
    return;
  }
  remember(item);
  dialog.close();
  location.assign(item.url);
}

const place = () => `${KEPT}${dialog.dataset.person}:${dialog.dataset.tenant}`;

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(place()) ?? "[]").slice(0, MOST_RECENT);
  } catch {
    return []; // the browser keeps nothing, or something else was there
  }
}

function remember({ text, hint, url, is_kept }) {
  if (!is_kept) return;
  const others = remembered().filter((item) => item.url !== url);
  try {
    localStorage.setItem(place(), JSON.stringify([{ text, hint, url, is_kept }, ...others].slice(0, MOST_RECENT)));
  } catch {
    // the browser keeps nothing: there are no recent ones
  }
}

/** Delete the recent ones of everybody. */
function forget() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(KEPT)) localStorage.removeItem(key);
  } catch {
    // nothing is kept
  }
}

function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  return made;
}
