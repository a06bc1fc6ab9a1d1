"""The groups of operations, in the order in which readers meet them."""

import inspect
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

GROUPS: Final[Mapping[str, str]] = {
    "Ideas": "Capture, list, search, count, change and delete ideas, one or many at once, and their tags.",
    "Sync": "What has changed since a device looked last, and notices of changes as they happen.",
    "Undo": "The trash, earlier versions of ideas, and for how long a vault keeps them.",
    "Export": "Taking everything out.",
    "Imports": "Moving in with a file.",
    "Users": "The caller: what the token says, the caller's audit events, and the erasure of a vault.",
    "Tenant": "The caller's organization, for its owners and admins.",
    "Receipts": "The keys that verify receipts of erasures.",
    "Admin": "For operators: tenants, vaults, root keys, jobs, operators and the audit log; never content.",
    "Health": "For load balancers and monitoring.",
    "Root": "The service itself.",
}


type Handlers = Mapping[Method, HTTPRouteHandler]
"""The handlers of a path."""


def in_reading_order(paths: Mapping[str, Handlers]) -> Mapping[str, Handlers]:
    """Sorts paths by group, then by the order in which their controllers' files are registered, then as they stand in
    their file: a controller's handlers are registered in the order of their names.
    """
    groups = {name: index for index, name in enumerate(GROUPS)}
    files = {file: index for index, file in enumerate(dict.fromkeys(map(_file, _all(paths.values()))))}

    def place(path: str) -> tuple[int, int, int]:
        handlers = paths[path].values()
        tags = {tag for handler in handlers for tag in handler.resolve_tags()}
        return (
            min((groups[tag] for tag in tags if tag in groups), default=len(groups)),
            min(files[_file(handler)] for handler in handlers),
            min(inspect.unwrap(handler.fn).__code__.co_firstlineno for handler in handlers),
        )

    return {path: paths[path] for path in sorted(paths, key=place)}


def _all(paths: Iterable[Handlers]) -> Iterator[HTTPRouteHandler]:
    return chain.from_iterable(handlers.values() for handlers in paths)


def _file(handler: HTTPRouteHandler) -> str:
    return handler.fn.__module__


def groups(used: Collection[str]) -> list[dict[str, str]]:
    """Describes the tags that are in use."""
    return [{"name": name, "description": text} for name, text in GROUPS.items() if name in used]
