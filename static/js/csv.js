// Text of tables as a spreadsheet reads it: fields of CSV files, and cells that are pasted from the clipboard.

const A_NUMBER = /^[+-]?\d+(\.\d+)?%?$/;
const STARTS_FORMULA = /^[\s"\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** As portal/common/csv_file.py: every field is quoted, and a spreadsheet must not calculate what others wrote. */
export function quoted(text, decimal) {
  const safe = A_NUMBER.test(text) ? text.replace(".", decimal) : guarded(text);
  return `"${safe.replaceAll('"', '""')}"`;
}

/** As guard_for_csv of portal/common/safe_text.py, but for phone numbers, which tables of figures do not hold. */
export function guarded(text) {
  const pieces = text.split(/([;,\t\r\n])/);
  const safe = pieces.map((piece) => (STARTS_FORMULA.test(piece) ? `'${piece}` : piece)).join("");
  return /^[=+\-@\t\r\n\0]/.test(safe) ? `'${safe}` : safe;
}
