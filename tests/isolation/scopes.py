"""The scope in the text of a statement: each condition that restricts it to one tenant's or one creator's rows."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from sqlmodel import SQLModel

import creatorvault.apps  # noqa: F401 - every app's tables are known with it

_NAME: Final = r"(?:\w+\.)*(?P<{}>tenant_id|user_id)\b(?:\s+COLLATE\s+\"C\")?"
_VALUE: Final = r"(?:concat\(\$\d+::text\)|\$\d+|(?:\w+\.)*\w+\b(?!\s*[(.]))(?:::\w+)*"
# Precedes a condition, but no assignment of a SET and no column of a list.
_BEFORE: Final = r"(?P<before>\b(?:WHERE|AND|OR|ON|NOT|WHEN)\s+\(*\s*)"
_CONDITION: Final = re.compile(
    rf"{_BEFORE}(?P<condition>{_NAME.format('left')}\s*=\s*(?P<value>{_VALUE})"
    rf"|(?P<other>{_VALUE})\s*=\s*{_NAME.format('right')})",
    re.IGNORECASE,
)
# Repeats tenant and creator, for the indexes.
_HASH: Final = re.compile(
    r"(?:\w+\.)*vault_hash\s*=\s*(?P<value>hashtextextended\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))"
)
# Any other comparison of a column of the scope. An assignment follows SET or a comma. IS NOT NULL, which the form for a
# cluster has, is true for every row.
_COMPARED: Final = re.compile(
    r"(?P<before>\S+)\s+(?:\w+\.)*(?:tenant_id|user_id|vault_hash)\b(?:::\w+|\s+COLLATE\s+\S+)?\s*"
    r"(?:=|<|>|!=|\bIN\b|\bNOT\b|\bIS\b(?!\s+NOT\s+NULL)|\bLIKE\b|\bBETWEEN\b)"
    r"|=\s*(?:\w+\.)*(?:tenant_id|user_id)\b"
    r"|\bUSING\s*\([^)]*\b(?:tenant_id|user_id)\b"
    r"|\([^()]*\b(?:tenant_id|user_id)\b[^()]*\)\s*(?:=|<|>|!=|\bIN\b)",
    re.IGNORECASE,
)
_LITERAL: Final = re.compile(r"'[^']*'")
_TYPES: Final = {"tenant_id": "uuid", "user_id": "text"}

TENANT_TABLES: Final = sorted(name for name, table in SQLModel.metadata.tables.items() if "tenant_id" in table.columns)
_READS: Final = re.compile(
    rf"\b(?:FROM|JOIN|UPDATE|USING)\s+(?:ONLY\s+)?(?:{'|'.join(map(re.escape, TENANT_TABLES))})\b", re.IGNORECASE
)


class Condition(NamedTuple):
    """The position and text of a condition in a statement."""

    start: int
    end: int
    text: str
    column: str
    value: str

    def dropped_from(self, statement: str) -> str:
        """Removes the condition, and those on the hash, which would hide that.

        The value is still used, since an unused parameter would have no type.
        """
        return _without_hash(self.cut_from(statement))

    def cut_from(self, statement: str) -> str:
        anything = f"({self.value}::{_TYPES[self.column]} IS NOT NULL)"
        return f"{statement[: self.start]}{anything}{statement[self.end :]}"


def conditions_of(statement: str) -> Sequence[Condition]:
    """Returns the conditions in their order."""
    found = []
    for match in _CONDITION.finditer(statement):
        start, end = match.span("condition")
        column = match["left"] or match["right"]
        found.append(Condition(start, end, match["condition"], column.lower(), match["value"] or match["other"]))
    return found


def _without_hash(statement: str) -> str:
    return _HASH.sub(r"(\g<value> IS NOT NULL)", statement)


@cache
def without_scope(statement: str) -> str:
    """Returns the statement without its conditions.

    Fails for a statement that compares tenants or creators in an unknown way, and for one without a scope.
    """
    conditions = conditions_of(statement)
    rewritten = statement
    for condition in reversed(conditions):
        rewritten = condition.cut_from(rewritten)
    rewritten = _without_hash(rewritten)
    assert conditions or not _READS.search(statement), f"has no scope: {statement}"
    left = [match.group() for match in _COMPARED.finditer(_LITERAL.sub("''", rewritten)) if not _assigns(match)]
    assert not left, f"still has a scope, {left}: {rewritten}"
    return rewritten


def _assigns(match: re.Match[str]) -> bool:
    before = match["before"]
    return before is not None and (before.upper() == "SET" or before.endswith(","))
