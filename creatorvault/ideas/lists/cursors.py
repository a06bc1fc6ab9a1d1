"""Cursors: the sealed position of the last item of a page. The next page continues there despite concurrent writes.

A position in the order of titles contains a title, and URLs end up in logs. Therefore a cursor is sealed with the
vault's key and bound to the list that it was issued for. docs/encryption.md specifies the format.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from creatorvault.core.http.paging import CursorInvalid
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.cipher import CURSORS, VaultCipher
from creatorvault.crypto.cursors import open_cursor, seal_cursor
from creatorvault.crypto.envelope import context
from creatorvault.ideas.fields import split_tags
from creatorvault.ideas.schemas import IdeaQuery
from creatorvault.ideas.search.ordering import Place
from creatorvault.ideas.text.collation import ORDER
from creatorvault.ideas.text.folding import RULE

DOMAIN: Final = b"creatorvault/cursor/v1"

_encode: Final = msgspec.json.Encoder().encode
_time: Final = msgspec.json.Decoder(tuple[datetime, UUID])
_number: Final = msgspec.json.Decoder(tuple[int, UUID])
_title: Final = msgspec.json.Decoder(tuple[str, UUID])
_decoders: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "created_at": _time,
    "updated_at": _time,
    "title": _title,
    "priority": _number,
    "stage": _number,
    "due_date": _number,
}


def next_cursor(query: IdeaQuery, cipher: VaultCipher, place: Place | None) -> str | msgspec.UnsetType | None:
    """Returns the cursor of the page after `place`: None if there is none, UNSET if the query has no cursor."""
    if query.cursor is None:
        return msgspec.UNSET
    if place is None:
        return None
    return seal_cursor(cipher.for_purpose(CURSORS), place, _context(cipher.vault, query))


def place_of(query: IdeaQuery, cipher: VaultCipher | None) -> Place | None:
    """Returns the end of the previous page from the query's cursor; None without a cursor or for an empty one.

    `cipher` is None if the vault has no key. Raises CursorInvalid.
    """
    if not query.cursor:
        return None
    if cipher is None:
        raise CursorInvalid
    bound = _context(cipher.vault, query)
    return Place(*open_cursor(cipher.for_purpose(CURSORS), query.cursor, bound, _decoders[query.sort]))


def _context(vault: VaultId, query: IdeaQuery) -> bytes:
    """Encodes the whole query except the page size and the fields. Filter values are sorted.

    For a search or the order of titles, the version of its rule is included: a position under another one is invalid.
    """
    tags, stages, priorities = (
        sorted(set(values)) for values in (split_tags(query.tags or ""), query.stage, query.priority)
    )
    rules = (*([RULE] if query.search else []), *([ORDER] if query.sort == "title" else []))
    more: dict[str, object] = {**query.periods}
    if query.ids is not None:
        more["ids"] = sorted(set(query.ids))
    question = (
        query.search or "",
        tags,
        stages,
        priorities,
        query.sort,
        query.order,
        *rules,
        *([more] if more else []),
    )
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode(), _encode(question))
