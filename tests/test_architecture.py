"""The house keeps its shape: what may import what, who may commit, which files an app may have."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import creatorvault
from creatorvault.apps import INSTALLED

ROOT: Final = Path(creatorvault.__file__).parent
FILES: Final = sorted(path for path in ROOT.rglob("*.py"))
NAMES: Final = [path.relative_to(ROOT).as_posix() for path in FILES]
MOST_LINES: Final = 260

MAY_IMPORT: Final[dict[str, set[str]]] = {
    "core": set(),
    "crypto": {"core"},
    "accounts": {"core"},
    "audit": {"core", "crypto"},
    "tenants": {"core", "accounts", "crypto", "audit"},
    "idempotency": {"core", "accounts", "crypto", "tenants"},
    "ideas": {"core", "accounts", "crypto", "audit", "tenants", "idempotency"},
    "admin": {"core", "accounts", "crypto", "audit", "tenants", "idempotency", "ideas"},
    "health": {"core", "accounts", "crypto", "tenants"},
    "metrics": {"core", "accounts"},
}

# A layer may import the layers that stand to its right.
LAYERS: Final = ["guards", "controllers", "services", "repositories", "models"]

# Where transactions begin and end: requests, the grants that follow a migration, and the roles that come before.
EDGES: Final = {"core/database.py", "core/roles.py", "core/upgrading.py"}

# The same few names in every app, each with one meaning; below, the rooms that one app has besides.
EVERYWHERE: Final = {
    *("__init__", "models", "schemas", "guards", "controllers", "services", "repositories", "errors", "dependencies"),
    *("commands", "checks", "admin", "tasks", "openapi"),
}
ROOMS: Final[dict[str, set[str]]] = {
    "admin": {"erasure", "keys", "operators"},
    "audit": {"bursts", "chain", "keys", "verification"},
    "accounts": {"claims", "identity", "issuers", "jwks", "key_address", "keys", "minting", "remembered", "tokens"},
    "crypto": {"cipher", "envelope", "keyring", "padding", "providers", "records", "rootkeys"},
    "tenants": {"advances", "derivation", "glances", "ownership", "quotas", "revisions"},
    "ideas": {
        *(
            "corpora",
            "corpus",
            "cursors",
            "entries",
            "folding",
            "glances",
            "ordering",
            "queries",
            "quick_changes",
            "ranks",
        ),
        *(
            "pages",
            "reading",
            "reserved",
            "rules",
            "samples",
            "sealing",
            "segment_writes",
            "segments",
            "streaming",
            "turns",
            "vault_reader",
            "writing",
        ),
    },
    "idempotency": set(),
    "health": set(),
    "metrics": {"exposition", "figures", "recorder"},
}

TENANT_TABLES: Final = {
    "Idea",
    "Vault",
    "Tenant",
    "VaultKey",
    "KeptAnswer",
    "AuditEvent",
    "AuditHead",
    "TenantErasure",
    "IdeaSegment",
}
SERVICE_TABLES: Final = {"AuditKey", "Operator"}
STATEMENTS: Final = {"select", "insert", "update", "delete"}


def module_of(path: Path) -> str:
    return ".".join(("creatorvault", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    """Modules of the house that a file imports, wherever in the file it does."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Import(names=names):
                found = [name.name for name in names]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found = [f"{module}.{name.name}" if _is_module(f"{module}.{name.name}") else module for name in names]
            case ast.ImportFrom():
                raise AssertionError(f"{path}: a relative import")
            case _:
                continue
        yield from (name for name in found if name.split(".")[0] == "creatorvault")


def _is_module(name: str) -> bool:
    path = ROOT.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def app_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (ROOT / parts[1]).is_dir() else None


def layer_of(module: str) -> int | None:
    name = module.split(".")[2] if module.count(".") >= 2 else ""
    return LAYERS.index(name) if name in LAYERS else None


@pytest.mark.parametrize("name", NAMES)
def test_apps_import_downwards(name: str) -> None:
    app = app_of(module_of(ROOT / name))
    if app is None:
        return  # the assembly: asgi, apps, settings and the command

    allowed = MAY_IMPORT[app] | {app, None}
    assert {found for found in imports_of(ROOT / name) if app_of(found) not in allowed} == set()


@pytest.mark.parametrize("name", NAMES)
def test_layers_import_downwards(name: str) -> None:
    layer = layer_of(module_of(ROOT / name))
    if layer is None:
        return

    above = {found for found in imports_of(ROOT / name) if (theirs := layer_of(found)) is not None and theirs < layer}
    assert above == set()


def test_no_app_is_left_out_of_the_order() -> None:
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}

    assert folders == set(MAY_IMPORT)
    assert {app.name for app in INSTALLED} == folders - {"core"}
    ranks = list(MAY_IMPORT)
    assert all(ranks.index(theirs) < ranks.index(app) for app, those in MAY_IMPORT.items() for theirs in those)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_edge_commits(name: str) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(tree_of(ROOT / name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert name in EDGES or not calls & {"commit", "begin", "begin_nested"}


def statements_on_tenants(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATEMENTS:
            named = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
            if named & TENANT_TABLES:
                yield node


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("repositories.py")])
def test_only_repositories_speak_sql(name: str) -> None:
    assert [node.lineno for node in statements_on_tenants(tree_of(ROOT / name))] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("repositories.py")])
def test_every_statement_is_scoped(name: str) -> None:
    """A method that builds a statement on a tenant's table says whose rows it means, in that very method."""
    for function in ast.walk(tree_of(ROOT / name)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(statements_on_tenants(function)):
            said = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
            calls = {node.func.id for node in statements_on_tenants(function) if isinstance(node.func, ast.Name)}
            assert calls == {"insert"} or said & {"scope", "tenant_id"}, f"{name}:{function.lineno}"


@pytest.mark.parametrize("table", sorted(TENANT_TABLES))
def test_every_table_of_tenants_is_known_here(table: str) -> None:
    assert table in {
        node.name for path in ROOT.rglob("models.py") for node in tree_of(path).body if isinstance(node, ast.ClassDef)
    }


def test_no_table_of_tenants_is_unknown_here() -> None:
    tables = {
        node.name
        for path in ROOT.rglob("models.py")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and any(keyword.arg == "table" for keyword in node.keywords)
    }

    assert tables == TENANT_TABLES | SERVICE_TABLES


@pytest.mark.parametrize("app", ROOMS)
def test_an_app_has_no_room_of_another_name(app: str) -> None:
    assert {path.stem for path in (ROOT / app).glob("*.py")} <= EVERYWHERE | ROOMS[app]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_about_one_thing(name: str) -> None:
    path = ROOT / name

    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert path.stem not in {"utils", "util", "helpers", "manager", "common", "misc"}
    assert not ({"future", "__future__"} & _modules(path) and path.stem in {"models", "controllers"})


def _modules(path: Path) -> set[str]:
    return {str(node.module) for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom)}
