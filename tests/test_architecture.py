"""The house keeps its shape: what may import what, who may commit, which files an app may have."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import TextClause

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
    "health": {"core", "accounts", "crypto", "tenants", "ideas"},
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
    "admin": {"erasure", "key_table", "keys", "operators"},
    "audit": {"bursts", "chain", "keys", "upgrading", "verification"},
    "accounts": {"claims", "identity", "issuers", "jwks", "key_address", "keys", "minting", "remembered", "tokens"},
    "crypto": {"cipher", "envelope", "keyring", "padding", "providers", "pseudonyms", "records", "rootkeys"},
    "tenants": {"advances", "derivation", "glances", "ownership", "quotas", "revisions"},
    "ideas": {
        *(
            "alphabets",
            "blocks",
            "collation",
            "stream_safe",
            "corpora",
            "corpus",
            "cursors",
            "doubts",
            "entries",
            "folding",
            "full_reads",
            "glances",
            "letters",
            "needles",
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
            "searching",
            "segment_writes",
            "segments",
            "streaming",
            "vault_reader",
            "writing",
        ),
    },
    "idempotency": set(),
    "health": {"probes"},
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

# For operators, and for whom row-level security shows no other tenant's rows.
OVER_ALL_TENANTS: Final = {
    *(f"admin/repositories.py:{name}" for name in ("vaults", "root_keys", "tenants_by_status", "usage", "_usage")),
    "admin/repositories.py:_tenants",
    *(f"audit/repositories.py:{name}" for name in ("events", "total", "heads", "links")),
}

SQL_AS_TEXT: Final = {
    "tenants/repositories.py",
    "tenants/advances.py",
    "tenants/glances.py",
    "ideas/glances.py",
    "ideas/quick_changes.py",
    "ideas/segment_writes.py",
}
# What follows a word that names tables, up to the next word of the language; in a list, commas are between them.
SOURCES: Final = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO|USING)\s+(.*?)"
    r"(?=\b(?:FROM|JOIN|LEFT|SET|WHERE|ON|ORDER|GROUP|LIMIT|SELECT|VALUES|RETURNING)\b|$)",
    re.DOTALL,
)
THE_TENANT: Final = r"(?:\$1::text::uuid|context\.tenant_id\b)"


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


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def names_in(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def statements_on_tenants(tree: ast.AST, module: ast.Module) -> Iterator[ast.Call]:
    """What is built on a tenant's table, be it named there, in a constant of the module, or by who calls."""
    constants = {
        name: names_in(node.value)
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in names_in(target)
    }
    handed = {inner.arg for node in functions_of(tree) for inner in ast.walk(node.args) if isinstance(inner, ast.arg)}
    looped = {
        name: names_in(node.iter)
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension | ast.For)
        for name in names_in(node.target)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATEMENTS:
            named = names_in(node)
            for name in list(named):
                named |= constants.get(name, set()) | looped.get(name, set())
            whole = [argument.value if isinstance(argument, ast.Starred) else argument for argument in node.args]
            unknown = {argument.id for argument in whole if isinstance(argument, ast.Name)} & handed
            if named & TENANT_TABLES or unknown or "model_type" in attributes_in(node):
                yield node


def conditions_of(statement: ast.Call, tree: ast.AST) -> Iterator[ast.expr]:
    """The arguments of each `.where(…)` behind it, in the same expression."""
    above = {inner: node for node in ast.walk(tree) for inner in ast.iter_child_nodes(node)}
    node: ast.AST = statement
    while isinstance(node := above[node], ast.Attribute | ast.Call):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "where":
            yield from node.args


def is_scoped(condition: ast.expr) -> bool:
    """Whether it is the repository's scope, or says which tenant's rows."""
    match condition:
        case ast.Attribute(attr="scope") | ast.Name(id="scope"):
            return True
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[other]):
            return "tenant_id" in attributes_in(left) and not TENANT_TABLES & names_in(other)
    return False


def attributes_in(node: ast.AST) -> set[str]:
    return {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("repositories.py")])
def test_only_repositories_build_statements(name: str) -> None:
    tree = tree_of(ROOT / name)

    assert [node.lineno for node in statements_on_tenants(tree, tree)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("repositories.py")])
def test_every_statement_that_is_built_is_scoped(name: str) -> None:
    """It says whose rows it means in its own condition. To name the tenant's column among what is read does not do."""
    tree = tree_of(ROOT / name)
    for function in functions_of(tree):
        if f"{name}:{function.name}" not in OVER_ALL_TENANTS:
            for statement in statements_on_tenants(function, tree):
                inserts = isinstance(statement.func, ast.Name) and statement.func.id == "insert"
                scoped = any(map(is_scoped, conditions_of(statement, function)))
                assert inserts or scoped, f"{name}:{statement.lineno}"


def test_what_is_read_of_all_tenants_is_known_here() -> None:
    """By operators, whose login sees metadata; what the runtime login asks so, row-level security alone bounds."""
    found = set()
    for name in NAMES:
        if name.endswith("repositories.py"):
            tree = tree_of(ROOT / name)
            for function in functions_of(tree):
                for statement in statements_on_tenants(function, tree):
                    conditions = conditions_of(statement, function)
                    if isinstance(statement.func, ast.Name) and statement.func.id != "insert":
                        found |= set() if any(map(is_scoped, conditions)) else {f"{name}:{function.name}"}

    assert found == OVER_ALL_TENANTS


@cache
def table_names() -> dict[str, str]:
    """Of each table, as the database calls it, its class."""
    return {
        ast.literal_eval(line.value): node.name
        for path in ROOT.rglob("models.py")
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and node.name in TENANT_TABLES
        for line in node.body
        if isinstance(line, ast.Assign) and "__tablename__" in names_in(line)
    }


def tables_of(sql: str) -> list[str]:
    """The tenants' tables that it names where tables stand."""
    sources = (source for found in SOURCES.findall(sql) for source in found.split(","))
    words = (re.match(r"\s*(?:ONLY\s+)?(?:\w+\.)?(\w+)", source) for source in sources)
    return [word.group(1) for word in words if word and word.group(1) in table_names()]


def texts_of(path: Path) -> Iterator[tuple[str, bool]]:
    """SQL on tenants' tables that a file has as text, and whether it is a constant of the module."""
    tree = tree_of(path)
    constant = {inner for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) for inner in ast.walk(node)}
    parts: set[ast.AST] = set()
    for node in ast.walk(tree):  # an f-string comes before what is in it
        if isinstance(node, ast.JoinedStr):
            parts |= {inner for inner in ast.walk(node) if inner is not node}
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if node not in parts and tables_of(text):
            yield text, node in constant


@pytest.mark.parametrize("name", NAMES)
def test_only_these_files_hold_sql_on_tenants_as_text(name: str) -> None:
    """What a function puts together is known by name too, so that the next test gets to see all of it."""
    texts = list(texts_of(ROOT / name))

    assert bool(texts) == (name in SQL_AS_TEXT)
    assert sum(not is_constant for _, is_constant in texts) == (name == "ideas/glances.py")


def sql_of(name: str) -> Iterator[str]:
    """As it is sent, or as the part that it is."""
    module = import_module(module_of(ROOT / name))
    if name == "ideas/glances.py":
        for sort, order, filtered, beyond in product(module.ORDERED, ("asc", "desc"), (False, True), (False, True)):
            yield module._page(sort, order, filtered=filtered, beyond=beyond)
    for value in vars(module).values():
        text = value.text if isinstance(value, TextClause) else value
        if isinstance(text, str) and tables_of(text):
            yield text


def blocks_of(sql: str) -> list[str]:
    """Each query by itself: what stands in parentheses is a block of its own, and `()` in the one around it."""
    blocks, inner = [], re.compile(r"\(([^()]*)\)")
    while found := inner.search(sql):
        blocks.append(found.group(1))
        sql = f"{sql[: found.start()]}\x00{sql[found.end() :]}"
    return [block.replace("\x00", "()") for block in (*blocks, sql)]


@pytest.mark.parametrize("name", sorted(SQL_AS_TEXT))
def test_every_statement_that_is_written_as_text_is_scoped(name: str) -> None:
    """Each query that names a tenant's table binds that table's own `tenant_id` to the tenant, in a condition."""
    seen = 0
    for sql in sql_of(name):
        for query in blocks_of(sql.replace("concat($1::text)", "$1::text")):
            tables = tables_of(query)
            condition = re.search(r"\b(?:WHERE|ON)\b.*", query, re.DOTALL)
            for table in tables:
                seen += 1
                if re.search(rf"\bINSERT INTO {table}\b", query):
                    # Its columns are in parentheses, and so a block of their own; the rows are of what was scoped.
                    assert re.search(rf"INSERT INTO {table} \(tenant_id, ", sql), sql
                    assert re.search(
                        r"SELECT (?:\w+\.)?tenant_id, \$2, .*\bFROM (?:advanced|vault)\b", query, re.DOTALL
                    ), sql
                else:
                    qualified = rf"{table}\." if len(tables) > 1 else rf"(?:{table}\.)?"
                    assert condition, sql
                    assert re.search(rf"(?<![\w.]){qualified}tenant_id = {THE_TENANT}", condition.group()), sql
                    assert not re.search(r"\bOR\b", condition.group()), sql

    assert seen


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
    assert set(table_names().values()) == TENANT_TABLES


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


def calls_while_imported(tree: ast.AST) -> Iterator[ast.Call]:
    """What a module calls on its way in: outside of functions, in their decorators and their defaults."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = (*node.args.defaults, *node.args.kw_defaults)
            waiting += [*node.decorator_list, *(default for default in defaults if default is not None)]
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Call):
                yield node
            waiting += ast.iter_child_nodes(node)


def test_no_test_has_a_token_or_a_time_from_when_it_was_collected() -> None:
    """It may begin an hour later."""
    early = re.compile(r"(?:token_of|_claims|claims_of|\.sign|jwt\.encode|time\.time|\.now|\.today)$")
    found = {
        f"{path.relative_to(ROOT.parent)}:{call.lineno}"
        for path in (ROOT.parent / "tests").rglob("*.py")
        for call in calls_while_imported(tree_of(path))
        if early.search(ast.unparse(call.func))
    }

    assert found == set()
