"""All changes that could be made to a module, without those that cannot have an effect."""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.mutants.operators import OPERATORS, name_of
from benchmarks.mutants.source import Edit, Module

# Documentation of the API, and what the OpenAPI document says of a field.
_PROSE_FILES: Final = frozenset({"openapi.py", "samples.py"})
_LOGGING: Final = frozenset({"debug", "info", "warning", "error", "exception"})
_DESCRIPTIONS: Final = frozenset({"__slots__", "described", "tags", "log"})
_TYPING: Final = frozenset({"NewType", "TypeVar", "cast", "Literal"})
# Constants of speed and memory: a value that is a little different serves as well.
_TUNING: Final = frozenset(
    {"REMEMBERED", "CONNECTIONS", "BATCH", "AT_ONCE", "IDS_AT_ONCE", "SEGMENTS_AT_ONCE", "WAITING_BYTES", "FEWEST"}
    | {"ANSWER_SECONDS", "RETRY_SECONDS", "SLACK_SECONDS", "MAX_KEY_SET_BYTES", "TEN_YEARS", "_SHORT_LENGTHS"}
)


class Mutant(NamedTuple):
    """`id` stays the same while the function and the line do, wherever in the file they move.

    `lines` are those that are changed, `statement` all of the statement that they are part of, counted from 1.
    """

    id: str
    path: str
    operator: str
    place: str
    edit: Edit
    lines: range
    statement: range
    before: str
    after: str

    @property
    def title(self) -> str:
        return f"{self.path}:{self.lines.start} {self.place or 'module'}: {_short(self.before)} → {_short(self.after)}"


def mutants_of(module: Module) -> Iterator[Mutant]:
    if Path(module.path).name in _PROSE_FILES:
        return
    seen: Counter[tuple[str, ...]] = Counter()
    for node in _with_an_effect(module):
        for operator in OPERATORS:
            for edit in operator(module, node):
                yield _mutant(module, node, operator.__name__, edit, seen)


def _mutant(module: Module, node: ast.AST, operator: str, edit: Edit, seen: Counter[tuple[str, ...]]) -> Mutant:
    statement, place = module.statement(node), module.qualified_name(node)
    before = module.between(edit.start, edit.end)
    first_line = module.of(statement).partition("\n")[0]
    name = (module.path, operator, place, first_line, before, edit.replacement)
    seen[name] += 1
    return Mutant(
        id=sha256("\0".join((*name, str(seen[name]))).encode()).hexdigest()[:8],
        path=module.path,
        operator=operator,
        place=place,
        edit=edit,
        lines=range(module.line_at(edit.start), module.line_at(edit.end) + 1),
        statement=range(statement.lineno, (statement.end_lineno or statement.lineno) + 1),
        before=before,
        after=edit.replacement,
    )


def sampled(modules: Sequence[Module], count: int, seed: int) -> list[Mutant]:
    """At most `count`, each as likely as any other. For the same seed only what changes in the code changes in here."""
    every = [(module, mutant) for module in modules for mutant in mutants_of(module)]
    every.sort(key=lambda each: sha256(f"{seed} {each[1].id}".encode()).digest())
    return [mutant for _, mutant in islice((each for each in every if _differs(*each)), count)]


def _differs(module: Module, mutant: Mutant) -> bool:
    """Whether it is Python, and other Python than before."""
    try:
        changed = ast.parse(mutant.edit.applied_to(module.text))
    except SyntaxError:
        return False
    return ast.dump(changed) != ast.dump(module.tree)


def _with_an_effect(module: Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        if _has_none(node):
            continue
        yield node
        waiting.extend(reversed([child for child in _children(node) if child is not None]))


def _children(node: ast.AST) -> Sequence[ast.AST | None]:
    """Without type annotations, which the interpreter does not read here."""
    if isinstance(node, ast.AnnAssign):
        return [node.value]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults, *node.body]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.body]
    if isinstance(node, ast.Lambda):
        return [node.body]
    return list(ast.iter_child_nodes(node))


def _has_none(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.TypeAlias() | ast.Assert():
            none = True
        case ast.Expr(value=value):
            none = isinstance(value, ast.Constant) or (isinstance(value, ast.Call) and _logs(value))
        case ast.Call(func=function):
            none = name_of(function) in _TYPING
        case ast.FunctionDef(name=name):
            none = name in {"__repr__", "__str__"}
        case ast.ClassDef(bases=bases):
            none = any(name_of(base) == "Protocol" for base in bases)
        case ast.If(test=test):
            none = name_of(test) == "TYPE_CHECKING"
        case ast.Assign(targets=[target, *_], value=value) | ast.AnnAssign(target=target, value=value):
            none = name_of(target) in _TUNING | _DESCRIPTIONS or _is_a_line_of_text(value)
        case _:
            none = False
    return none


def _is_a_line_of_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value


def _logs(call: ast.Call) -> bool:
    return name_of(call.func) in _LOGGING and isinstance(call.func, ast.Attribute) and name_of(call.func.value) == "log"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line if len(line) <= 70 else line[:67] + '…'}`"
