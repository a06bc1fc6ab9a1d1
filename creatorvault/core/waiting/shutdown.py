"""The beginning of the shutdown, for responses that do not end by themselves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Shutdown:
    """One per process. The server announces it before it waits for the requests in flight."""

    def __init__(self) -> None:
        self._hooks: list[Callable[[], None]] = []

    @contextmanager
    def calling(self, hook: Callable[[], None]) -> Iterator[None]:
        """Within the block, `hook` is called when the shutdown begins."""
        self._hooks.append(hook)
        try:
            yield
        finally:
            self._hooks.remove(hook)

    def announce(self) -> None:
        for hook in self._hooks:
            hook()
