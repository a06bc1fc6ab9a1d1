"""What may be changed in a module: each operator looks at one node and proposes edits."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from benchmarks.mutants.source import Edit, Module
from benchmarks.mutants.sql import without_conditions

type Operator = Callable[[Module, ast.AST], Iterable[Edit]]

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Lt: (r"<", "<="),
    ast.LtE: (r"<=", "<"),
    ast.Gt: (r">", ">="),
    ast.GtE: (r">=", ">"),
    ast.Eq: (r"==", "!="),
    ast.NotEq: (r"!=", "=="),
    ast.Is: (r"\bis\b", "is not"),
    ast.IsNot: (r"\bis\s+not\b", "is"),
    ast.In: (r"\bin\b", "not in"),
    ast.NotIn: (r"\bnot\s+in\b", "in"),
}
_ARITHMETIC: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: (r"-", "+"),
    ast.Mult: (r"\*", "//"),
    ast.FloorDiv: (r"//", "*"),
    ast.Div: (r"/", "*"),
    ast.Mod: (r"%", "*"),
    ast.LShift: (r"<<", ">>"),
    ast.RShift: (r">>", "<<"),
    ast.BitAnd: (r"&", "|"),
    ast.Pow: (r"\*\*", "*"),
}
_SWAPPED_CALLS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_COMMUTATIVE: Final = frozenset({"min", "max", "compare_digest", "union"})
_CONJUNCTIONS: Final = frozenset({"where", "and_", "filter"})
# Without these nothing can be imported, or a cache is lost, or a type checker complains.
_KEPT_DECORATORS: Final = frozenset(
    {"property", "setter", "classmethod", "staticmethod", "dataclass", "overload", "override", "final"}
    | {"cache", "lru_cache", "asynccontextmanager", "contextmanager", "command", "group", "option", "argument"}
)
_PROSE: Final = frozenset({"help", "description", "summary", "name", "repr", "title", "param_hint", "stacklevel"})


def compare(module: Module, node: ast.AST) -> Iterator[Edit]:
    """A boundary moved, or the opposite."""
    if not isinstance(node, ast.Compare):
        return
    operands = [node.left, *node.comparators]
    for place, operator in enumerate(node.ops):
        yield from _between(module, operands[place], operands[place + 1], *_COMPARISONS[type(operator)])


def arithmetic(module: Module, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node.left, node.right):
        yield from _between(module, node.left, node.right, *_ARITHMETIC[type(node.op)])
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC and not _is_text(node.value):
        pattern, other = _ARITHMETIC[type(node.op)]
        yield from _between(module, node.target, node.value, f"{pattern}=", f"{other}=")


def connective(module: Module, node: ast.AST) -> Iterator[Edit]:
    """`and` becomes `or`, and the other way round."""
    if isinstance(node, ast.BoolOp):
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        start, text = module.start(node), ""
        for before, after in zip(node.values, node.values[1:], strict=False):
            gap = module.between(module.end(before), module.start(after))
            text += module.between(start, module.end(before)) + re.sub(rf"\b{word}\b", other, gap, count=1)
            start = module.start(after)
        yield Edit(module.start(node), module.end(node), f"({text}{module.of(node.values[-1])})")


def operand(module: Module, node: ast.AST) -> Iterator[Edit]:
    """One operand of `and` or `or` left out."""
    if isinstance(node, ast.BoolOp):
        neutral = "True" if isinstance(node.op, ast.And) else "False"
        for value in node.values:
            yield Edit(module.start(value), module.end(value), neutral)


def negation(module: Module, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield Edit(module.start(node), module.start(node.operand), "")
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield Edit(module.start(test), module.end(test), f"(not ({module.of(test)}))")


def statement(module: Module, node: ast.AST) -> Iterator[Edit]:
    """A call, a raise, a change of something or a way out of a loop is left out."""
    left_out = (
        (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await))
        or isinstance(node, ast.Raise | ast.AugAssign | ast.Delete | ast.Break | ast.Continue)
        or (isinstance(node, ast.Assign) and all(isinstance(to, ast.Attribute | ast.Subscript) for to in node.targets))
    )
    if left_out:
        yield Edit(module.start(node), module.end(node), "pass")


def guard(module: Module, node: ast.AST) -> Iterator[Edit]:
    """What an `if` keeps out is let in, and what an `except` catches goes on."""
    if isinstance(node, ast.If) and not node.orelse:
        yield Edit(module.start(node.test), module.end(node.test), "False")
    if isinstance(node, ast.ExceptHandler) and not (len(node.body) == 1 and isinstance(node.body[0], ast.Raise)):
        yield Edit(module.start(node.body[0]), module.end(node.body[-1]), "raise")


def returned(module: Module, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.Return) and node.value is not None:
        if isinstance(node.value, ast.Constant) and node.value.value is None:
            return
        yield Edit(module.start(node.value), module.end(node.value), "None")


def constant(module: Module, node: ast.AST) -> Iterator[Edit]:
    """A number one higher or lower, true for false, and bytes that are longer by one."""
    if not isinstance(node, ast.Constant):
        return
    value, place = node.value, (module.start(node), module.end(node))
    if isinstance(value, bool):
        yield Edit(*place, str(not value))
    elif isinstance(value, int):
        yield Edit(*place, str(value + 1))
        if value > 0:
            yield Edit(*place, str(value - 1))
    elif isinstance(value, float):
        yield Edit(*place, str(value + 1))
    elif isinstance(value, bytes) and not isinstance(module.parent(node), ast.BinOp):
        yield Edit(*place, f"({module.of(node)} + b'x')")


def called(module: Module, node: ast.AST) -> Iterator[Edit]:
    """`min` for `max`, `any` for `all`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SWAPPED_CALLS:
        yield Edit(module.start(node.func), module.end(node.func), _SWAPPED_CALLS[node.func.id])


def arguments(module: Module, node: ast.AST) -> Iterator[Edit]:
    """A keyword argument is left out, two arguments change places, or a condition of a statement is left out."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg is not None and keyword.arg not in _PROSE:
            yield _without(module, node, keyword)
    if name_of(node.func) in _CONJUNCTIONS:
        for argument in node.args:
            if len(node.args) > 1 and not isinstance(argument, ast.Starred):
                yield Edit(module.start(argument), module.end(argument), f"({module.of(argument)}) | True")
        return
    is_ordered = len(node.args) > 1 and name_of(node.func) not in _COMMUTATIVE
    if is_ordered and not any(isinstance(argument, ast.Starred) for argument in node.args[:2]):
        first, second = node.args[:2]
        gap = module.between(module.end(first), module.start(second))
        yield Edit(module.start(first), module.end(second), module.of(second) + gap + module.of(first))


def element(module: Module, node: ast.AST) -> Iterator[Edit]:
    """One of several that are listed is left out."""
    if isinstance(node, ast.Set | ast.List | ast.Tuple) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        text = all(isinstance(each, ast.Constant) for each in node.elts)
        is_class_list = isinstance(module.parent(node), ast.ExceptHandler)
        if len(node.elts) > 1 and (text or is_class_list):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2:
                for kept in reversed(node.elts):  # which stays a tuple
                    yield Edit(module.start(node), module.end(node), f"({module.of(kept)},)")
                return
            for each in node.elts:
                yield _without(module, node, each)


def decorator(module: Module, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for each in node.decorator_list:
            if name_of(each) not in _KEPT_DECORATORS:
                yield Edit(module.start(each) - 1, module.end(each), "")


def condition(module: Module, node: ast.AST) -> Iterator[Edit]:
    """One condition of a WHERE or a JOIN in SQL that is text."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    if (is_text and not isinstance(module.parent(node), ast.JoinedStr)) or isinstance(node, ast.JoinedStr):
        start = module.start(node)
        for first, last, replacement in without_conditions(module.of(node)):
            prefix = module.of(node)
            yield Edit(start + len(prefix[:first].encode()), start + len(prefix[:last].encode()), replacement)


OPERATORS: Final[tuple[Operator, ...]] = (
    compare,
    arithmetic,
    connective,
    operand,
    negation,
    statement,
    guard,
    returned,
    constant,
    called,
    arguments,
    element,
    decorator,
    condition,
)


def name_of(node: ast.expr) -> str:
    """The last part of what is called or named: `info` of `log.info(…)`."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _between(module: Module, left: ast.AST, right: ast.AST, pattern: str, other: str) -> Iterator[Edit]:
    start, end = module.end(left), module.start(right)
    if found := re.search(pattern, module.between(start, end)):
        yield Edit(start + found.start(), start + found.end(), other)


def _without(module: Module, whole: ast.AST, part: ast.AST) -> Edit:
    """Together with the comma that follows it, or else with the one before."""
    start, end = module.start(part), module.end(part)
    if found := re.match(r"\s*,\s*", module.between(end, module.end(whole))):
        return Edit(start, end + found.end(), "")
    if found := re.search(r",\s*$", module.between(module.start(whole), start)):
        return Edit(module.start(whole) + found.start(), end, "")
    return Edit(start, end, "")


def _is_text(*nodes: ast.AST) -> bool:
    return any(
        isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        for node in nodes
    )
