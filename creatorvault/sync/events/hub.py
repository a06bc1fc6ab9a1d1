"""Which streams of this process watch which vault."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.settings.streams import LiveSettings
from creatorvault.sync.events.errors import NoRoomForStreams, TooManyStreams
from creatorvault.sync.events.notices import VaultNames
from creatorvault.sync.events.streams import EndReason, Stream


class _Watched:
    """A vault with at least one stream. `revision` is the last one that was shown, None before the first look."""

    __slots__ = ("name", "revision", "streams")

    def __init__(self, name: str) -> None:
        self.name = name
        self.revision: VaultRevision | None = None
        self.streams: set[Stream] = set()


class Hub:
    """One per process and event loop. It is a RevisionWatcher. Without streams it is empty."""

    def __init__(self, settings: LiveSettings, names: VaultNames) -> None:
        self._settings = settings
        self._names = names
        self._watched: dict[VaultId, _Watched] = {}
        self._named: dict[str, VaultId] = {}
        self._callers: Counter[str] = Counter()
        self._is_closed = False
        self.open = self.opened = self.sent = 0
        """Streams now and since the start of the process, and events since then."""

    def __len__(self) -> int:
        """The number of entries of any kind, which is 0 without streams."""
        return len(self._watched) + len(self._named) + len(self._callers)

    @contextmanager
    def listening(self, stream: Stream) -> Iterator[None]:
        """Raises TooManyStreams and NoRoomForStreams."""
        if self._callers[stream.caller] >= self._settings.streams_per_identity:
            raise TooManyStreams
        if self._is_closed or self.open >= self._settings.streams:
            raise NoRoomForStreams
        self._add(stream)
        try:
            yield
        finally:
            self._remove(stream)

    def vaults(self) -> dict[VaultId, VaultRevision | None]:
        """Returns the watched vaults with what was shown of them."""
        return {vault: watched.revision for vault, watched in self._watched.items()}

    def named(self, names: Iterable[str]) -> list[VaultId]:
        """Returns the watched vaults among those that a notice names."""
        return [self._named[name] for name in names if name in self._named]

    def shown(self, vault: VaultId) -> VaultRevision | None:
        watched = self._watched.get(vault)
        return None if watched is None else watched.revision

    def seen(self, vault: VaultId, revision: VaultRevision) -> None:
        """Shows a committed revision. A lower one than was shown is ignored, since a read may report it later."""
        watched = self._watched.get(vault)
        if watched is not None and (watched.revision is None or revision > watched.revision):
            self._show(watched, revision)

    def committed(self, vault: VaultId) -> None:
        """Nothing more to do for the streams of this process."""

    def looked_up(self, vault: VaultId, before: VaultRevision | None, revision: VaultRevision) -> None:
        """Shows what a read has found that began when `before` was shown.

        A lower revision than that is shown as well: the database has lost commits.
        """
        watched = self._watched.get(vault)
        if watched is not None and before is not None and revision < before and watched.revision == before:
            self._show(watched, revision)
        else:
            self.seen(vault, revision)

    def end(self, vault: VaultId, reason: EndReason) -> None:
        watched = self._watched.get(vault)
        for stream in () if watched is None else watched.streams:
            stream.end(reason)

    def close(self) -> None:
        """Ends all streams, and refuses new ones."""
        self._is_closed = True
        for vault in self._watched:
            self.end(vault, EndReason.SHUTDOWN)

    def _show(self, watched: _Watched, revision: VaultRevision) -> None:
        watched.revision = revision
        for stream in watched.streams:
            stream.show(revision)

    def _add(self, stream: Stream) -> None:
        watched = self._watched.get(stream.vault)
        if watched is None:
            watched = self._watched[stream.vault] = _Watched(self._names.of(stream.vault))
            self._named[watched.name] = stream.vault
        watched.streams.add(stream)
        if watched.revision is not None:
            stream.show(watched.revision)
        self._callers[stream.caller] += 1
        self.opened += 1
        self.open += 1

    def _remove(self, stream: Stream) -> None:
        watched = self._watched[stream.vault]
        watched.streams.discard(stream)
        if not watched.streams:
            del self._watched[stream.vault]
            del self._named[watched.name]
        self._callers[stream.caller] -= 1
        if not self._callers[stream.caller]:
            del self._callers[stream.caller]
        self.open -= 1
