"""Which tests are worth running for a change, the quickest and nearest first."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.mutants.source import Module
from benchmarks.mutants.tracing import IMPORTS, digest_of

TEMPLATE: Final = "template"
"""The label of what runs when the database of all tests is made."""

FIXTURE: Final = "fixture "
_MODELS: Final = "tests/test_migrations.py"
"""Compares the models with the database."""

_DEPTH: Final = 4


class Chosen(NamedTuple):
    """`remakes_template`: the change runs when the tests' database is made."""

    tests: Sequence[str]
    remakes_template: bool

    def only(self, places: Sequence[str]) -> "Chosen":
        """Those of some files and folders."""
        return self._replace(tests=[test for test in self.tests if _is_in(test, places)])


class Index:
    """The names that modules bind while they are imported, and where they are used."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._modules = {module.path: module for module in modules}
        self._uses: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
        self._at_import: dict[tuple[str, int], ast.stmt] = {}
        self._functions: dict[tuple[str, int], str] = {}
        for path, module in self._modules.items():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Name | ast.Attribute):
                    name = node.id if isinstance(node, ast.Name) else node.attr
                    self._uses[name].add((path, node.lineno))
                if isinstance(node, ast.stmt):
                    function = module.function(node)
                    for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                        if function is None:
                            self._at_import[path, line] = node  # the innermost is looked at last
                        else:
                            self._functions[path, line] = function.name

    def function_at(self, place: tuple[str, int]) -> str:
        """Returns the name of the innermost function; an empty text outside of functions."""
        return self._functions.get(place, "")

    def places_that_depend_on(self, path: str, lines: range) -> set[tuple[str, int]]:
        """Lines of functions that use what these lines make at import, also by a function that runs at import."""
        found: set[tuple[str, int]] = set()
        waiting, seen = [(path, line) for line in lines], set[tuple[str, int]]()
        for _ in range(_DEPTH):
            names, functions = set[str](), set[str]()
            for place in waiting:
                seen.add(place)
                if (statement := self._at_import.get(place)) is None:
                    found.add(place)
                    functions.add(self.function_at(place))
                else:
                    names.update(_bound_by(self._modules[place[0]], statement))
                    found.update((place[0], line) for line in _body_of(statement))
            uses = [place for name in names for place in self._uses[name]]
            uses += [place for name in functions for place in self._uses[name] if place in self._at_import]
            waiting = [place for place in uses if place not in seen]
        return found


class Selection:
    def __init__(self, folder: Path, tree: Path, index: Index) -> None:
        """`folder` has what `tracing` wrote, `tree` the tests as they are now. The latest trace of a test counts."""
        self._index = index
        self._tree = tree
        self.files: dict[str, str] = {}
        """By path: the digest of each file of tests that was traced as it is."""

        self.seconds: dict[str, float] = {}
        self._by_fixture: defaultdict[str, set[str]] = defaultdict(set)
        self._labels: defaultdict[str, set[str]] = defaultdict(set)
        self._by_function: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for file in sorted(folder.glob("trace-*.json"), reverse=True):
            self._add(json.loads(file.read_text(encoding="utf-8")))

    def for_change(self, path: str, lines: range, statement: range) -> Chosen:
        labels = self._of(path, lines) or self._of(path, statement)
        if labels <= {IMPORTS}:
            for place in self._index.places_that_depend_on(path, lines):
                labels |= self._labels.get("{}:{}".format(*place), set())
                labels |= self._by_function.get((place[0], self._index.function_at(place)), set())
        direct = labels & self.seconds.keys()
        shared = {test for label in labels for test in self._by_fixture.get(label, ())} - direct
        near = (*([_MODELS] if Path(path).name == "models.py" else []), f"tests/{Path(path).parts[1]}/")
        return Chosen([*self._ordered(direct, near), *self._ordered(shared, near)], TEMPLATE in labels)

    def tests_in(self, places: Sequence[str]) -> Sequence[str]:
        return self._ordered((test for test in self.seconds if _is_in(test, places)), ())

    def within(self, tests: Sequence[str], seconds: float) -> int:
        """How many of them take so long at most."""
        return sum(total <= seconds for total in accumulate(self.seconds[test] for test in tests))

    def _add(self, trace: dict[str, Any]) -> None:
        files = {
            name: digest
            for name, digest in trace["files"].items()
            if name not in self.files and (file := self._tree / name).exists() and digest_of(file) == digest
        }
        self.files |= files
        tests = {name: test for name, test in trace["tests"].items() if name.partition("::")[0] in files}
        for name, test in tests.items():
            if test["passed"]:
                self.seconds[name] = test["seconds"]
                file, *_, function = name.partition("[")[0].split("::")
                self._by_function[file, function].add(name)
                for fixture in test["fixtures"]:
                    self._by_fixture[FIXTURE + fixture].add(name)
        for label, places in trace["lines"].items():
            if "::" not in label or label in tests:
                for place in places:
                    self._labels[place].add(label)

    def _of(self, path: str, lines: range) -> set[str]:
        return {label for line in lines for label in self._labels.get(f"{path}:{line}", ())}

    def _ordered(self, tests: Iterable[str], near: tuple[str, ...]) -> list[str]:
        def distance(test: str) -> int:
            return next((place for place, start in enumerate(near) if test.startswith(start)), len(near))

        return sorted(tests, key=lambda test: (distance(test), self.seconds[test], test))


def _is_in(test: str, places: Sequence[str]) -> bool:
    file = test.partition("::")[0]
    return any(file == place or file.startswith(f"{place}/") for place in places)


def _bound_by(module: Module, statement: ast.stmt) -> Iterator[str]:
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
    for owner in (statement, module.parent(statement)):
        if isinstance(owner, ast.ClassDef):
            yield owner.name


def _body_of(statement: ast.stmt) -> range:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return range(statement.body[0].lineno, (statement.end_lineno or statement.lineno) + 1)
    return range(0)
