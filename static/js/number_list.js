// Several lines pasted into the field of one number are a list: it is sent as one, so no number gets into an address.

export function watchNumberLists(root) {
  root.addEventListener("paste", (event) => {
    const form = event.target.matches?.("[name=number]") && document.getElementById("pasted-numbers");
    const text = event.clipboardData?.getData("text") ?? "";
    if (!form || !/\S\s*[\n\r]\s*\S/.test(text)) return;
    event.preventDefault();
    form.elements.numbers.value = text;
    form.submit();
  });
}
