"""Synchronises one table's row-level policies with their definitions."""

_MODEL = "wall_model"
_POLICIES = """
SELECT polname, polpermissive, polcmd,
    ARRAY(SELECT rolname FROM pg_roles WHERE oid = ANY (polroles) ORDER BY 1)::text[],
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
FROM pg_policy WHERE polrelid = %s::regclass
"""


def make_policies(cursor, table: str, policies: dict[str, str], *, column: str) -> None:
    """Give `table` exactly these policies (name: terms of CREATE POLICY).

    The terms may contain {table}, {column} (its column with the tenant or person) and {owner} (the role that owns it).
    Policies that differ are dropped and created again, within the caller's transaction.
    """
    cursor.execute("SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = %s::regclass", [table])
    owner = cursor.fetchone()[0]
    values = {"column": column, "owner": owner}
    present = _policies(cursor, table)
    if present:
        meant = _as_the_database_says(cursor, table, policies, values)
        for name in [name for name, said in present.items() if meant.get(name) != said]:
            cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            del present[name]
    for name in policies.keys() - present.keys():
        cursor.execute(f'CREATE POLICY {name} ON "{table}" {policies[name].format(table=table, **values)}')


def _policies(cursor, table: str) -> dict[str, tuple]:
    cursor.execute(_POLICIES, [table])
    return {name: tuple(map(_plain, rest)) for name, *rest in cursor.fetchall()}


def _as_the_database_says(cursor, table: str, policies: dict[str, str], values: dict) -> dict[str, tuple]:
    """Return what the catalogue would hold of these terms: it writes expressions in words of its own."""
    cursor.execute(f'CREATE TEMP TABLE {_MODEL} (LIKE "{table}")')
    for name, terms in policies.items():
        cursor.execute(f"CREATE POLICY {name} ON pg_temp.{_MODEL} {terms.format(table=_MODEL, **values)}")
    said = _policies(cursor, f"pg_temp.{_MODEL}")
    cursor.execute(f"DROP TABLE pg_temp.{_MODEL}")
    return {
        name: tuple(part.replace(f"{_MODEL}.", f"{table}.") if isinstance(part, str) else part for part in parts)
        for name, parts in said.items()
    }


def _plain(part: object) -> object:
    return tuple(part) if isinstance(part, list) else part
