"""A module as text and as a tree, and the pieces of the one that nodes of the other stand for."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """`start` and `end` are offsets into the module's bytes."""

    start: int
    end: int
    replacement: str

    def applied_to(self, text: str) -> str:
        raw = text.encode()
        return (raw[: self.start] + self.replacement.encode() + raw[self.end :]).decode()


class Module:
    """`path` is relative to the checkout."""

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        self.text = (root / path).read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self._raw = self.text.encode()
        self._lines = [0]
        for line in self._raw.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]  # of every node that has a place

    def end(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def between(self, start: int, end: int) -> str:
        return self._raw[start:end].decode()

    def of(self, node: ast.AST) -> str:
        return self.between(self.start(node), self.end(node))

    def line_at(self, offset: int) -> int:
        """Counted from 1."""
        return self._raw.count(b"\n", 0, offset) + 1

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (above := self._parents.get(node)) is not None:
            yield above
            node = above

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost function in whose body the node stands. Decorators and defaults are not in the body."""
        below = node
        for above in self.ancestors(node):
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and below in above.body:
                return above
            below = above
        return None

    def statement(self, node: ast.AST) -> ast.stmt:
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node

    def qualified_name(self, node: ast.AST) -> str:
        """Of the function or class that the node stands in, such as `Keyring.forget`; empty outside of both."""
        named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return ".".join(reversed([above.name for above in (node, *self.ancestors(node)) if isinstance(above, named)]))

    def _offset(self, line: int, column: int) -> int:
        return self._lines[line - 1] + column
