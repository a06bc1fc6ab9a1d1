"""Cursors: the sealed position of the last row of a page. The next page continues there despite concurrent writes.

Positions contain ids and times, and URLs end up in logs. Therefore a cursor is sealed and bound to the list that it was
issued for. docs/encryption.md specifies the format.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from creatorvault.core.errors import Alert
from creatorvault.core.http.paging import CursorInvalid, ListQuery, Page
from creatorvault.core.identifiers import KeyVersion
from creatorvault.crypto.cipher import CURSORS, VaultCipher
from creatorvault.crypto.envelope import EnvelopeKey, NotAuthentic, Sealed, context
from creatorvault.crypto.errors import Tampered
from creatorvault.crypto.opaque import read, written
from creatorvault.crypto.padding import pad

DOMAIN: Final = b"creatorvault/list-cursor/v1"
PAGING: Final = frozenset({"limit", "offset", "cursor"})

_encode: Final = msgspec.json.Encoder().encode


class Sealer(Protocol):
    def seal_json(self, value: object, context: bytes) -> Sealed: ...

    def open_json[T](self, sealed: bytes, context: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        """Raises an Alert if it does not open."""


class ServiceSealer:
    """Seals with a key of the service, for lists that are not of one vault."""

    def __init__(self, key: bytes, version: KeyVersion) -> None:
        self._key = EnvelopeKey(key, version)

    def seal_json(self, value: object, context: bytes) -> Sealed:
        return self._key.seal(pad(_encode(value)), context)

    def open_json[T](self, sealed: bytes, context: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        """Raises Tampered."""
        try:
            return decoder.decode(self._key.open(sealed, context))
        except NotAuthentic:
            raise Tampered from None


def seal_cursor(sealer: Sealer, place: object, bound: bytes) -> str:
    return written(sealer.seal_json(place, bound))


def open_cursor[PlaceT](sealer: Sealer, cursor: str, bound: bytes, decoder: msgspec.json.Decoder[PlaceT]) -> PlaceT:
    """Raises CursorInvalid."""
    try:
        return sealer.open_json(read(cursor), bound, decoder)
    except (Alert, ValueError):
        # For a stored value this would be an alert. Here it is only invalid input, and is not logged.
        raise CursorInvalid from None


def vault_cursors[PlaceT: tuple[Any, ...]](
    cipher: VaultCipher | None, query: ListQuery, decoder: msgspec.json.Decoder[PlaceT], name: str, *scope: bytes
) -> "Cursors[PlaceT]":
    """Returns the cursors of a list of one vault. `cipher` is None without a key, and may be without a cursor."""
    if cipher is None or query.cursor is None:
        return Cursors(None, query, decoder, name)
    vault = cipher.vault
    sealer = cipher.for_purpose(CURSORS)
    return Cursors(sealer, query, decoder, name, vault.tenant_id.bytes, vault.user_id.encode(), *scope)


class Cursors[PlaceT: tuple[Any, ...]]:
    """The cursors of one list, for one query. A place is a tuple of a row's values by which the list is ordered."""

    def __init__(
        self,
        sealer: Sealer | None,
        query: ListQuery,
        decoder: msgspec.json.Decoder[PlaceT],
        name: str,
        *scope: bytes,
    ) -> None:
        """`sealer` may be None if the query has no cursor, or if the list is empty since its vault has no key.

        `name` is the permanent name of the list, `scope` the ids of what it is of.
        """
        self._sealer = sealer
        self._query = query
        self._decoder = decoder
        self._bound = context(DOMAIN, name.encode(), *scope, _encode(_question(query)))

    def place(self) -> PlaceT | None:
        """Returns the end of the previous page; None without a cursor or for an empty one. Raises CursorInvalid."""
        if not self._query.cursor:
            return None
        if self._sealer is None:
            raise CursorInvalid
        return open_cursor(self._sealer, self._query.cursor, self._bound, self._decoder)

    def page[RowT](self, rows: Sequence[RowT], total: int, place_of: Callable[[RowT], PlaceT]) -> Page[RowT]:
        """`rows` are at most `query.rows_wanted` from the query's offset or place on, `total` counts all pages."""
        query, shown = self._query, rows[: self._query.limit]
        if query.cursor is None:
            return Page(shown, total, query.offset + len(shown) < total, msgspec.UNSET)
        if self._sealer is None or len(rows) == len(shown):
            return Page(shown, total, has_more=False, next_cursor=None)
        cursor = seal_cursor(self._sealer, place_of(shown[-1]), self._bound)
        return Page(shown, total, has_more=True, next_cursor=cursor)


def _question(query: ListQuery) -> dict[str, object]:
    """Returns filters and order. Without those that are not given, so that a new one does not invalidate cursors."""
    given = query.model_dump(exclude={*PAGING}, exclude_none=True)
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in given.items()}
