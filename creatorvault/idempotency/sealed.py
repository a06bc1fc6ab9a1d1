"""The table of stored results, whose values are sealed with vault keys, for rotation and verification of keys."""

from collections.abc import Sequence
from typing import Final

import msgspec

from creatorvault.core.database.sealed_data import Contexts, SealedTable, Values
from creatorvault.core.identifiers import VaultId
from creatorvault.idempotency.models import StoredResultRow
from creatorvault.idempotency.services import PURPOSE, StoredResult, result_context

_decoder: Final = msgspec.json.Decoder(StoredResult)


def _contexts(vault: VaultId) -> Contexts:
    return lambda values: [result_context(vault, *values)]


def _is_result(_: Values, plaintexts: Sequence[bytes]) -> bool:
    try:
        _decoder.decode(plaintexts[0])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


RESULTS_SEALED: Final = SealedTable(
    model=StoredResultRow,
    purpose=PURPOSE,
    key=("name",),
    bound=("expires_at",),
    sealed=("answer",),
    contexts=_contexts,
    is_readable=_is_result,
)
