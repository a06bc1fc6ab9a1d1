"""New ideas whose commit is in doubt: the response was 503, and it is unknown whether the idea was stored.

Current clients repeat such a request without an `Idempotency-Key`. An equal request soon afterwards is treated as the
same idea: it is looked up by the id that it was assigned, and stored with that id if it is missing.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from creatorvault.core.identifiers import VaultId
from creatorvault.core.lru import LRU
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse

DOUBT_SECONDS: Final = 60.0
REMEMBERED: Final = 10_000


class InDoubtIdea(NamedTuple):
    """The id and time that the idea was assigned. `until` is in seconds of the clock."""

    id: UUID
    created_at: datetime
    until: float


class InDoubtIdeas:
    """One per process. It stores a keyed hash of the request; the key exists only in the memory of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = os.urandom(32)
        self._doubts = LRU[bytes, InDoubtIdea](REMEMBERED)

    def about(self, vault: VaultId, given: IdeaCreate) -> InDoubtIdea | None:
        """Returns the in-doubt idea of a recent equal request, or None."""
        if not self._doubts:  # nearly always
            return None
        doubt = self._doubts.peek(self._name(vault, given))
        return None if doubt is None or self._clock() >= doubt.until else doubt

    def remember(self, vault: VaultId, given: IdeaCreate, idea: IdeaResponse) -> None:
        name = self._name(vault, given)
        self._doubts.put(name, InDoubtIdea(idea.id, idea.created_at, self._clock() + DOUBT_SECONDS))

    def _name(self, vault: VaultId, given: IdeaCreate) -> bytes:
        """Hashes `given` after validation, so that two spellings of one idea are equal."""
        name = blake2b(vault.tenant_id.bytes, key=self._key, digest_size=32)
        for part in (vault.user_id.encode(), given.model_dump_json().encode()):
            name.update(len(part).to_bytes(4))
            name.update(part)
        return name.digest()
