"""Example requests of an operation: for a shell, for Python and for JavaScript. Pure."""

import json
import shlex
from collections.abc import Mapping
from urllib.parse import urlencode


def samples(
    *,
    server: str,
    method: str,
    path: str,
    query: Mapping[str, object],
    body: Mapping | None,
    needs_key: bool,
    is_file: bool,
) -> dict[str, str]:
    """Return the request in each language, by the language's name. The variable KEY holds the key."""
    given = (server, method, path, query, body, needs_key, is_file)
    return {"curl": _curl(*given), "Python": _python(*given), "JavaScript": _javascript(*given)}


def _curl(server: str, method: str, path: str, query: Mapping, body: Mapping | None, needs_key: bool, is_file) -> str:
    parts = ["curl -OJ" if is_file else "curl", *(['-H "Authorization: Bearer $KEY"'] if needs_key else [])]
    if body is not None:
        parts += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(body))}"]
    if query:
        parts[0] += " -G"
        parts += [f"-d {shlex.quote(f'{name}={value}')}" for name, value in query.items()]
    return " \\\n  ".join([*parts, shlex.quote(server + path)])


def _python(server: str, method: str, path: str, query: Mapping, body: Mapping | None, needs_key: bool, is_file) -> str:
    head = ["import os", *(["from pathlib import Path"] if is_file else []), "", "import httpx", ""]
    if not needs_key and not is_file:
        head = ["import httpx", ""]
    key = ', headers={"Authorization": f"Bearer {os.environ[\'KEY\']}"}' if needs_key else ""
    more = "".join(f", {name}={_literal(value)}" for name, value in (("params", query), ("json", body)) if value)
    use = 'Path("report.xlsx").write_bytes(answer.content)' if is_file else "print(answer.json())"
    return "\n".join(
        [
            *head,
            f'api = httpx.Client(base_url="{server}"{key})',
            f'answer = api.{method.lower()}("{path}"{more})',
            "answer.raise_for_status()",
            use,
        ]
    )


def _javascript(server: str, method: str, path: str, query: Mapping, body: Mapping | None, needs_key: bool, is_file):
    address = server + path + (f"?{urlencode(query)}" if query else "")
    heads = ["Authorization: `Bearer ${process.env.KEY}`"] if needs_key else []
    heads += ['"Content-Type": "application/json"'] if body is not None else []
    options = [f'method: "{method}"'] if method != "GET" else []
    options += [f"headers: {{ {', '.join(heads)} }}"] if heads else []
    options += [f"body: JSON.stringify({_literal(body)})"] if body is not None else []
    more = ", {\n" + "".join(f"  {option},\n" for option in options) + "}" if options else ""
    use = "const file = await answer.arrayBuffer();" if is_file else "console.log(await answer.json());"
    return "\n".join(
        [
            f'const answer = await fetch("{address}"{more});',
            "if (!answer.ok) throw new Error((await answer.json()).detail);",
            use,
        ]
    )


def _literal(value: Mapping) -> str:
    """Return an object of texts and numbers, which reads the same in Python, JavaScript and JSON."""
    return json.dumps(value, ensure_ascii=False)
