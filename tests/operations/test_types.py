"""The settings of the type check: what is strict, and what is not checked yet."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]
OVERRIDES = PROJECT["mypy"]["overrides"]
UNCHECKED_AT_MOST = 77  # lower it with each module that is taken out of the list; never raise it


def modules(setting: str) -> list[str]:
    return [module for override in OVERRIDES if override.get(setting) for module in override["module"]]


def exists(module: str) -> bool:
    path = REPOSITORY / module.removesuffix(".*").replace(".", "/")
    return path.is_dir() if module.endswith(".*") else path.with_suffix(".py").exists()


def test_list_of_unchecked_modules_only_shrinks():
    unchecked = modules("ignore_errors")
    assert len(unchecked) <= UNCHECKED_AT_MOST
    assert unchecked == sorted(set(unchecked))


def test_listed_modules_exist():
    listed = modules("ignore_errors") + modules("disallow_untyped_defs")
    assert [module for module in listed if not exists(module)] == []


def test_pure_modules_are_strict():
    contracts = PROJECT["importlinter"]["contracts"]
    (pure,) = (contract for contract in contracts if contract["name"] == "Pure modules know no Django")
    strict = {module.removesuffix(".*") for module in modules("disallow_untyped_defs")}
    assert strict == set(pure["source_modules"])


def test_nothing_else_weakens_the_check():
    weakening = {"ignore_errors", "ignore_missing_imports", "module"}
    strict = next(override for override in OVERRIDES if override.get("disallow_untyped_defs"))
    settings = {name for override in OVERRIDES if override is not strict for name in override}
    assert settings == weakening
    assert [name for name, value in strict.items() if name != "module" and value is not True] == []
