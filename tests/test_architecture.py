"""Architecture rules: imports, transactions, location of SQL, length of files."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import creatorvault
from creatorvault.apps import INSTALLED

ROOT: Final = Path(creatorvault.__file__).parent
FILES: Final = sorted(ROOT.rglob("*.py"))
MOST_LINES: Final = 260

# Each package may import those before it. Packages on one line do not import each other.
ROOMS: Final = (
    ("settings",),
    ("core",),
    ("core.background", "core.console", "core.telemetry"),
    ("core.waiting",),
    ("core.limits", "core.database"),
    ("core.http",),
    ("core.openapi",),
    ("core.documentation", "management"),
    ("accounts", "crypto"),
    ("audit",),
    ("tenants",),
    ("idempotency", "erasure", "jobs"),
    ("ideas",),
    ("key_management",),
    ("admin", "health", "metrics", "sync", "transfer"),
    ("figures", "history"),
    ("console", "tryout"),
    ("assembly",),
)
LAYERS: Final = ("controllers", "dependencies", "services", "repositories", "models")

# Search uses only opened ideas, and cannot read others.
SEARCH_MAY_IMPORT: Final = ("settings", "core", "core.telemetry", "core.waiting")
SEARCH_MAY_IMPORT_OF_APPS: Final = (
    *(f"creatorvault.ideas.{name}" for name in ("search", "text", "schemas", "ranks")),
    "creatorvault.tenants.errors",
)

# Modules that begin and end transactions: requests, grants after a migration, and roles before it.
EDGES: Final = {
    "core/database/sessions.py",
    "management/distribution.py",
    "management/roles.py",
    "management/upgrade.py",
}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES: Final = {module_of(path): path for path in FILES}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(module: str) -> frozenset[str]:
    """Returns our modules that a module imports, anywhere in the file."""
    found: set[str] = set()
    for node in ast.walk(tree_of(MODULES[module])):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: a relative import"
            named = {f"{node.module}.{name.name}" for name in node.names}
            found |= (named & MODULES.keys()) or {str(node.module)}
    return frozenset(found & MODULES.keys())


def room_of(module: str) -> str:
    parts = module.split(".")[1:]
    if not parts or not (ROOT / parts[0]).is_dir():
        return "assembly"
    return ".".join(parts[:2]) if parts[0] == "core" and (ROOT / "core" / "".join(parts[1:2])).is_dir() else parts[0]


def imports() -> Iterator[tuple[str, str]]:
    for module in MODULES:
        yield from ((module, imported) for imported in imports_of(module) if imported != "creatorvault")


def test_packages_import_only_earlier_ones() -> None:
    rank = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
    wrong = {
        (module, imported)
        for module, imported in imports()
        if room_of(module) != room_of(imported) and rank[room_of(imported)] >= rank[room_of(module)]
    }
    assert wrong == set()


def test_every_app_has_a_layer() -> None:
    rooms = {room for rooms in ROOMS for room in rooms}
    assert {room_of(module) for module in MODULES} == rooms
    assert {app.name for app in INSTALLED} == rooms - {"assembly", "settings", "management"} - {
        room for room in rooms if room.startswith("core")
    }


def test_the_diagram_shows_every_import() -> None:
    """Every arrow in CONTRIBUTING is an import, and every import between packages follows the arrows."""
    page = (ROOT.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    arrows = set(re.findall(r"^    (\S+) --> (\S+)$", page, re.MULTILINE))
    between = {(room_of(one), room_of(other)) for one, other in imports() if room_of(one) != room_of(other)}
    reached: dict[str, set[str]] = {room: set() for pair in between | arrows for room in pair}
    for room, others in reached.items():
        waiting = [room]
        while waiting:
            nearer = waiting.pop()
            further = {other for one, other in arrows if one == nearer} - others
            others.update(further)
            waiting += further

    assert arrows
    assert arrows <= between
    assert {(one, other) for one, other in between if other not in reached[one]} == set()


def test_there_are_no_import_cycles() -> None:
    TopologicalSorter({module: imports_of(module) for module in MODULES}).prepare()  # raises CycleError


def test_layers_import_downwards() -> None:
    rank = {name: rank for rank, name in enumerate(LAYERS)}
    layer = {module: rank[module.rpartition(".")[2]] for module in MODULES if module.rpartition(".")[2] in rank}
    wrong = {
        (module, imported)
        for module, imported in imports()
        if module in layer and layer.get(imported, len(LAYERS)) < layer[module]
    }
    assert wrong == set()


def test_statements_import_no_business_rules() -> None:
    rules = ("services", "controllers", "dependencies", "schemas")
    wrong = {
        (module, imported)
        for module, imported in imports()
        if ".statements" in module.removeprefix("creatorvault.core") and imported.rpartition(".")[2] in rules
    }
    assert wrong == set()


def test_search_imports_no_sql_and_no_keys() -> None:
    for module, imported in imports():
        if module.startswith("creatorvault.ideas.search"):
            assert room_of(imported) in SEARCH_MAY_IMPORT or imported.startswith(SEARCH_MAY_IMPORT_OF_APPS), (
                module,
                imported,
            )


def test_only_the_edge_commits_transactions() -> None:
    for path in FILES:
        calls = {
            node.func.attr
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        name = path.relative_to(ROOT).as_posix()
        assert name in EDGES or not calls & {"commit", "begin", "begin_nested"}, name


def test_statements_are_built_in_scoped_repositories() -> None:
    """For raw SQL, tests/isolation/test_scopes.py removes each condition."""
    for path in FILES:
        built = {
            name.name
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sqlalchemy")
            for name in node.names
        } & {"select", "insert", "update", "delete"}
        assert not built or path.stem == "repositories", path


def test_tenant_id_comes_first_in_every_tenant_table() -> None:
    from sqlmodel import SQLModel  # noqa: PLC0415

    for table in SQLModel.metadata.tables.values():
        if "tenant_id" in table.columns:
            assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name


def test_files_are_short() -> None:
    for path in FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, path


def test_the_top_level_of_core_is_small() -> None:
    assert len(list((ROOT / "core").glob("*.py"))) <= 6
