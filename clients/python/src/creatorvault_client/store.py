"""Where a device keeps its state: JSON values by keys."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

Value = TypeVar("Value")


class Store(Protocol):
    async def load(self) -> Mapping[str, Any]: ...

    async def write(self, entries: Mapping[str, Any]) -> None:
        """Stores all entries or none; None deletes one."""


class MemoryStore:
    def __init__(self) -> None:
        self._entries: dict[str, Any] = {}

    async def load(self) -> Mapping[str, Any]:
        return self._entries

    async def write(self, entries: Mapping[str, Any]) -> None:
        for key, value in entries.items():
            if value is None:
                self._entries.pop(key, None)
            else:
                self._entries[key] = value


class Table(dict[str, Value]):
    """A dict that notes in `unwritten` what the store does not have yet."""

    def __init__(self, name: str, unwritten: dict[str, Any]) -> None:
        super().__init__()
        self._name = name
        self._unwritten = unwritten

    def __setitem__(self, key: str, value: Value) -> None:
        self._unwritten[f"{self._name}/{key}"] = value
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._unwritten[f"{self._name}/{key}"] = None
        super().__delitem__(key)

    def restore(self, entries: Iterable[tuple[str, Any]]) -> None:
        """Takes over what the store has."""
        for key, value in entries:
            name, _, rest = key.partition("/")
            if name == self._name:
                super().__setitem__(rest, value)
