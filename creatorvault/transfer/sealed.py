"""The tables of this app whose values are sealed with vault keys, for rotation and verification of keys."""

from typing import Final

from creatorvault.core.database.sealed_data import Contexts, SealedTable
from creatorvault.core.identifiers import VaultId
from creatorvault.transfer.importing.sealing import PURPOSE, chunk_context, is_chunk, is_report, report_context
from creatorvault.transfer.models import Import, ImportChunk


def _chunk_contexts(vault: VaultId) -> Contexts:
    return lambda values: [chunk_context(vault, *values)]


def _report_contexts(vault: VaultId) -> Contexts:
    return lambda values: [report_context(vault, *values)]


CHUNKS_SEALED: Final = SealedTable(
    model=ImportChunk,
    purpose=PURPOSE,
    key=("import_id", "number"),
    bound=("last",),
    sealed=("sealed",),
    contexts=_chunk_contexts,
    is_readable=lambda _, plaintexts: is_chunk(plaintexts[0]),
)
REPORTS_SEALED: Final = SealedTable(
    model=Import,
    purpose=PURPOSE,
    key=("id",),
    bound=("format", "created_at"),
    sealed=("sealed",),
    contexts=_report_contexts,
    is_readable=lambda _, plaintexts: is_report(plaintexts[0]),
)
