"""A bounded mapping that evicts its least recently used entry first."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator


class LRU[K: Hashable, V]:
    """At most `size` entries. Not thread-safe."""

    __slots__ = ("_entries", "_size")

    def __init__(self, size: int) -> None:
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._size = size

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        """Iterates over the keys, least recently used first."""
        return iter(self._entries)

    def peek(self, key: K) -> V | None:
        """Returns the value without marking it as used, or None."""
        return self._entries.get(key)

    def use(self, key: K) -> V | None:
        """Returns the value and marks it as the most recently used. Returns None if there is no such entry."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Adds or replaces an entry and marks it as the most recently used."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def pop(self, key: K) -> V | None:
        return self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()
