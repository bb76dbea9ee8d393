"""The browser's own CSV files and copied tables are guarded as the portal's files are; its scripts run in Node."""

import json
import subprocess
from datetime import datetime
from pathlib import Path

import playwright
import pytest
from django.conf import settings

from portal.common.csv_file import form_of
from portal.common.safe_text import guard_for_csv
from portal.common.templatetags.figures import in_file
from tests.reports.payloads import FORMULAS
from tests.spreadsheet import LCID_BRITISH, LCID_FINNISH, opened_rows

NODE = Path(playwright.__file__).parent / "driver" / "node"  # the one that the browser's tests bring along
SCRIPTS = settings.BASE_DIR / "static" / "js"
TEXTS = [*FORMULAS, *(f"x{sign}=1+1{sign}" for sign in ";,\t\r\n"), 'x;"=1+1";', "x, =1+1,", "a=b; c-d, e", "ä;ö", ""]
COPY = """
import { watchCopying } from "./copy.js";
const given = JSON.parse(process.argv[1]);
let click, copied;
globalThis.navigator ??= {};
Object.defineProperty(globalThis.navigator, "clipboard", { value: { writeText: async (text) => (copied = text) } });
globalThis.setTimeout = () => {};
const cell = ([text, kind]) => ({ innerText: text, matches: (selector) => selector === `.${kind}` });
const table = { rows: given.map((row) => ({ cells: row.map(cell) })), matches: () => true };
globalThis.document = {
  getElementById: () => table, createElement: () => ({ setAttribute() {} }), querySelector: () => ({ append() {} }),
};
const button = { dataset: { copyFrom: "table", copied: "Copied" }, textContent: "Copy" };
watchCopying({ addEventListener: (name, listener) => (click = listener) });
await click({ target: { closest: () => button } });
console.log(JSON.stringify(copied));
"""


def run(code: str, given: object):
    """Run a script beside the portal's own and return what it prints as JSON."""
    command = [str(NODE), "--input-type=module", "-e", code, json.dumps(given)]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def of_csv(expression: str) -> str:
    given = "JSON.parse(process.argv[1])"
    return f'import {{ guarded, quoted }} from "./csv.js"; console.log(JSON.stringify({given}.map({expression})))'


def test_texts_are_guarded_as_in_files_of_the_portal():
    assert run(of_csv("guarded"), TEXTS) == [guard_for_csv(text) for text in TEXTS]


@pytest.mark.parametrize(
    ("text", "field"),
    [("-1.5", '"-1,5"'), ("97.42%", '"97,42%"'), ("+3", '"+3"'), ('a"b', '"a""b"'), ("x;=1+1;", '"x;\'=1+1;"'),
     ("=1+1", "\"'=1+1\""), ("1.2.3", '"1.2.3"')],
)  # fmt: skip
def test_fields_are_quoted_and_figures_have_the_decimal_sign(text, field):
    assert run(of_csv('(text) => quoted(text, ",")'), [text]) == [field]


def test_copied_table_is_guarded_but_for_its_figures():
    rows = [
        [["Campaign", "text"], ["Change", "number"], ["", "actions"]],
        [["=1+1", "text"], ["-3,5 %", "number"], ["Open", "actions"]],
        [["x;=1+1;\n y", "text"], ["+1 234", "number"], ["Open", "actions"]],
    ]

    assert run(COPY, rows) == "Campaign\tChange\n'=1+1\t-3,5 %\nx;'=1+1; y\t+1 234"


@pytest.mark.needs_libreoffice
@pytest.mark.parametrize(
    ("form", "lcid"), [(form_of("fi", "FI"), LCID_FINNISH), (form_of("en", "GB"), LCID_BRITISH)], ids=["fi", "en"]
)
def test_saved_table_opens_into_columns_of_times_and_numbers(tmp_path, form, lcid):
    separator, decimal = form.separator, form.decimal
    hour = in_file(datetime.fromisoformat("2026-11-28 14:00:00"), form)
    rows = [["Hour", "Messages", "Median (s)", "Rate"], [hour, "1234", "1.5", "97.42%"]]
    lines = run(of_csv(f'(row) => row.map((text) => quoted(text, "{decimal}")).join("{separator}")'), rows)
    (tmp_path / "table.csv").write_text("\r\n".join(lines), encoding="utf-8-sig")

    _heads, cells = opened_rows(tmp_path / "table.csv", separator=separator, lcid=lcid)

    when, *figures = [cell.value for cell in cells]
    assert (type(when), str(when), figures) == (datetime, "2026-11-28 14:00:00", [1234, 1.5, 0.9742])
