"""Single answers, and whether a service answers what it should."""

import json
import socket
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any, Final

from benchmarks.content import Group, Text, idea_ids
from benchmarks.processes import Server
from benchmarks.works import Ask

CHECKED: Final = Group("checked", 2, 200)
"""Vaults that are checked and not measured, so that a check leaves no ideas in those that are."""

TERMS: Final = ("camera li", "a", "winter", "the of", "absent")


def answer(server: Server, request: bytes) -> tuple[int, Any]:
    """Status and content."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, json.loads(response.read())


def found(server: Server, ask: Ask, page: str, search: Callable[[str], str]) -> list[int]:
    """How many ideas each of some searches finds, after checks of all operations.

    Raises AssertionError if an operation does not do what it should. Leaves one idea more, and one changed.
    """
    user, other = CHECKED.users()
    assert _total_of_page(server, ask("GET", other, page)) == CHECKED.ideas
    counts = [_total(answer(server, ask("GET", other, search(term)))[1]) for term in TERMS]

    total = _total_of_page(server, ask("GET", user, page))
    body = Text(server.name).body()
    status, created = answer(server, ask("POST", user, body=body))
    assert status in {200, 201}, created
    assert created.items() >= body.items(), created
    assert _total_of_page(server, ask("GET", user, page)) == total + 1
    newest = answer(server, ask("GET", user, page))[1]["items"][0]
    assert newest == created, (newest, created)

    one, title = f"/{idea_ids(user, CHECKED.ideas)[7]}", f"Changed in {server.name}"
    status, patched = answer(server, ask("PATCH", user, one, {"title": title}))
    assert (status, patched["title"]) == (200, title), patched
    status, stored = answer(server, ask("GET", user, one))
    assert (status, stored) == (200, patched), stored
    for method, change in (("GET", None), ("PATCH", {"title": "Stolen"})):
        status, content = answer(server, ask(method, other, one, change))
        assert status == 404, content
    return counts


def _total_of_page(server: Server, request: bytes) -> int:
    status, content = answer(server, request)
    assert (status, len(content["items"])) == (200, 20), content
    return _total(content)


def _total(page: Any) -> int:
    """Each service has a name of its own for it."""
    return next(int(page[name]) for name in ("total", "totalItems", "count") if name in page)
