"""New ideas whose commit is in doubt: the request was answered 503, and nobody knows whether the idea was stored.

Today's clients repeat such a request without an `Idempotency-Key`. An equal request soon afterwards is about the same
idea: it is looked for under the id that was given to it, and stored under that id if it is not there.
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
    """What the idea was given. `until` is in seconds of the clock."""

    id: UUID
    created_at: datetime
    until: float


class InDoubtIdeas:
    """One per process. Of the request it keeps a hash under a key that exists in this process's memory alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = os.urandom(32)
        self._doubts = LRU[bytes, InDoubtIdea](REMEMBERED)

    def about(self, vault: VaultId, given: IdeaCreate) -> InDoubtIdea | None:
        """The doubt that an equal request has left behind a moment ago."""
        if not self._doubts:  # nearly always
            return None
        doubt = self._doubts.peek(self._name(vault, given))
        return None if doubt is None or self._clock() >= doubt.until else doubt

    def remember(self, vault: VaultId, given: IdeaCreate, idea: IdeaResponse) -> None:
        name = self._name(vault, given)
        self._doubts.put(name, InDoubtIdea(idea.id, idea.created_at, self._clock() + DOUBT_SECONDS))

    def _name(self, vault: VaultId, given: IdeaCreate) -> bytes:
        """`given` after validation: two spellings of one idea are equal."""
        name = blake2b(vault.tenant_id.bytes, key=self._key, digest_size=32)
        for part in (vault.user_id.encode(), given.model_dump_json().encode()):
            name.update(len(part).to_bytes(4))
            name.update(part)
        return name.digest()
