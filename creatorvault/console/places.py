"""Addresses of pages of the console."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

CONSOLE: Final = "/console"
DONE: Final = "done"
"""The query parameter with the name of the action that has just been done."""

VIEW: Final = "view"
"""The query parameter of an action's page with the query of the list that it was started from."""

type Query = Mapping[str, Sequence[str]]


def address(path: str, query: Mapping[str, str | Sequence[str]]) -> str:
    encoded = urlencode(query, doseq=True)
    return f"{path}?{encoded}" if encoded else path


def of_section(name: str) -> str:
    return f"{CONSOLE}/{name}"


def of_item(name: str) -> str:
    return f"{CONSOLE}/{name}/item"


def of_action(section: str, name: str) -> str:
    return f"{CONSOLE}/{section}/act/{name}"


def parsed(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return values


class Place(NamedTuple):
    """Where a page is. `prefix` is the path under which a proxy serves the service; redirects get it at the edge."""

    prefix: str
    path: str
    query: Query

    def href(self, changes: Mapping[str, str] | None = None, *, without: Sequence[str] = ()) -> str:
        """Returns the page's own address with other parameters."""
        kept = {name: values for name, values in self.query.items() if name not in without}
        return self.prefix + address(self.path, {**kept, **(changes or {})})

    def elsewhere(self, path: str, query: Mapping[str, str | Sequence[str]]) -> str:
        return self.prefix + address(path, query)

    def hidden(self, without: Sequence[str]) -> list[tuple[str, str]]:
        """Returns what a form with the method GET has to repeat."""
        return [(name, value) for name, values in self.query.items() if name not in without for value in values]
