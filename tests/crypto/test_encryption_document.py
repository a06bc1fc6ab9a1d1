"""The test vectors of docs/encryption.md hold for the service and for a second implementation."""

import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from creatorvault.audit.schemas import AuditQuery
from creatorvault.core.identifiers import KeyVersion, TenantId, UserId, VaultId, VaultRevision
from creatorvault.crypto.cipher import VaultCipher, derive_purpose_key
from creatorvault.crypto.cursors import Cursors, ServiceSealer, vault_cursors
from creatorvault.crypto.keyring import wrap_context
from creatorvault.crypto.padding import padded_length
from creatorvault.crypto.providers import transit
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.crypto.providers.remote import (
    AWS_KMS_WRAP,
    TRANSIT_WRAP,
    bound_digest,
    checked,
    ciphertext_of,
    packed,
)
from creatorvault.ideas.checkpoints.digests import ContentDigest, DigestedPart
from creatorvault.ideas.checkpoints.sealing import Checkpoint, CheckpointSealer, SealedCheckpoint
from creatorvault.ideas.history.sealing import (
    PruningSealer,
    VersionColumns,
    deletion_context,
    open_version,
    pruning_context,
    seal_deletion,
)
from creatorvault.ideas.lists.cursors import next_cursor, place_of
from creatorvault.ideas.ranks import PRIORITIES, STAGES
from creatorvault.ideas.schemas import IdeaQuery, IdeaResponse
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer, Position
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.segments.sealing import Segment, SegmentSealer, Span
from tests.crypto import from_the_page as page

type Vector = dict[str, Any]

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "encryption.md"
BLOCK: Final = re.compile(r"^### ([^\n]+)\n+```vectors\n(.*?)^```", re.MULTILINE | re.DOTALL)
COLUMNS: Final = ("title", "notes", "tags")
FILTERS: Final = ("search", "tags", "stage", "priority", "sort", "order")


def value_of(text: str) -> Any:
    """JSON, or else hexadecimal. Bare digits are a number when they are few, or as many as those of a stamp."""
    if text[0] in '"[{' or text == "null":
        return json.loads(text)
    return int(text) if len(text) < 10 or len(text) == 19 else bytes.fromhex(text)


def vectors() -> dict[str, Vector]:
    return {
        title: {name: value_of(value) for name, value in (line.split(" = ", 1) for line in lines.splitlines())}
        for title, lines in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    }


VECTORS: Final = vectors()
IDEAS: Final = [pytest.param(vector, id=title) for title, vector in VECTORS.items() if "title.sealed" in vector]

SEGMENTS: Final = [pytest.param(vector, id=title) for title, vector in VECTORS.items() if "folding" in vector]
CHECKPOINTS: Final = [
    pytest.param(vector, id=title) for title, vector in VECTORS.items() if {"digest", "revision"} <= vector.keys()
]
DELETIONS: Final = [pytest.param(vector, id=title) for title, vector in VECTORS.items() if "deletion" in vector]
PRUNINGS: Final = [pytest.param(vector, id=title) for title, vector in VECTORS.items() if "pruned_until" in vector]
CURSORS: Final = [pytest.param(vector, id=title) for title, vector in VECTORS.items() if "cursor" in vector]

LIST_CURSORS: Final = [pytest.param(vector, id=title) for title, vector in VECTORS.items() if "list_cursor" in vector]


def vault_of(vector: Vector) -> VaultId:
    return VaultId(TenantId(UUID(vector["tenant_id"])), UserId(vector["user_id"]))


def cipher_of(vector: Vector) -> VaultCipher:
    vault = VaultId(TenantId(UUID(int=0)), UserId("")) if "tenant_id" not in vector else vault_of(vector)
    version = KeyVersion(vector.get("version", 1))
    return VaultCipher(vault, VaultRevision(1), {version: vector["vault_key"]}, unusable={})


def idea_of(vector: Vector) -> IdeaResponse:
    due_date = vector["due_date"]
    return IdeaResponse(
        title=vector["title.json"],
        notes=vector["notes.json"],
        tags=vector["tags.json"],
        stage=STAGES[vector["stage"]],
        priority=PRIORITIES[vector["priority"]],
        due_date=None if due_date is None else datetime.fromisoformat(due_date),
        id=UUID(vector["id"]),
        user_id=vector["user_id"],
        created_at=datetime.fromisoformat(vector["created_at"]),
        updated_at=datetime.fromisoformat(vector["updated_at"]),
    )


def test_the_page_has_vectors_of_every_kind() -> None:
    assert list(VECTORS)[:4] == ["Wrapping", "Purpose keys", "Names", "Padded lengths"]
    assert len(IDEAS) == 5
    assert len(DELETIONS) == 1
    assert len(PRUNINGS) == 1
    assert len(CURSORS) == 2
    assert len(LIST_CURSORS) == 2
    assert len(SEGMENTS) == 1
    assert len(CHECKPOINTS) == 1


async def test_wrapped_keys_match_the_vectors() -> None:
    vector = VECTORS["Wrapping"]
    assert page.wrap_bound(vector) == vector["bound"]
    assert page.wrapped(vector) == vector["wrapped"]
    root_keys = RootKeyring({vector["root_key_id"]: vector["root_key"]})
    bound = wrap_context(vault_of(vector), vector["version"], vector["first_revision"])
    assert await root_keys.unwrap(vector["root_key_id"], vector["wrapped"], bound) == vector["vault_key"]


async def test_wrapping_with_the_same_nonce_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    vector = VECTORS["Wrapping"]
    root_keys = RootKeyring({vector["root_key_id"]: vector["root_key"]})
    bound = wrap_context(vault_of(vector), vector["version"], vector["first_revision"])
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert await root_keys.wrap(vector["vault_key"], bound) == (vector["root_key_id"], vector["wrapped"])


def test_remote_wraps_match_the_vectors() -> None:
    vector = VECTORS["Wraps of remote providers"]
    root_key_id, key, ciphertext = vector["root_key_id"], vector["vault_key"], vector["kms_ciphertext"]
    digest = bound_digest(wrap_context(vault_of(vector), vector["version"], vector["first_revision"]), root_key_id)

    assert page.remote_digest(vector) == digest == vector["digest"]
    assert page.remote_check(vector) == vector["check"]
    assert packed(AWS_KMS_WRAP, key, digest, ciphertext) == vector["kms_wrapped"]
    for_transit = transit._compact(vector["transit_ciphertext"], root_key_id)
    assert packed(TRANSIT_WRAP, key, digest, for_transit) == vector["transit_wrapped"]
    assert transit._text(for_transit, root_key_id) == vector["transit_ciphertext"]
    for algorithm, name in ((TRANSIT_WRAP, "transit_wrapped"), (AWS_KMS_WRAP, "kms_wrapped")):
        assert ciphertext_of(algorithm, vector[name], root_key_id).endswith(ciphertext)
        assert checked(vector[name], key, digest, root_key_id) == key


@pytest.mark.parametrize("purpose", ["ideas", "segments", "idempotency", "names", "cursors"])
def test_purpose_keys_match_the_vectors(purpose: str) -> None:
    vector = VECTORS["Purpose keys"]
    assert page.purpose_key(vector["vault_key"], purpose) == vector[purpose]
    assert derive_purpose_key(vector["vault_key"], purpose) == vector[purpose]


def test_names_match_the_vectors() -> None:
    vector = VECTORS["Names"]
    assert page.name(vector["vault_key"], vector["idempotency_key"]) == vector["name"]
    assert cipher_of(vector).name_of(vector["idempotency_key"]) == vector["name"]


def test_padded_lengths_match_the_vectors() -> None:
    for length, padded in VECTORS["Padded lengths"].items():
        assert page.padded_length(int(length)) == padded
        assert padded_length(int(length)) == padded


def test_padded_lengths_agree_far_beyond_the_vectors() -> None:
    assert all(page.padded_length(length) == padded_length(length) for length in range(6000))


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("vector", IDEAS)
def test_the_second_implementation_seals_to_the_same_bytes(vector: Vector, column: str) -> None:
    assert page.additional_data(vector, column) == vector[f"{column}.additional_data"]
    assert page.sealed(vector, column) == vector[f"{column}.sealed"]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("vector", IDEAS[:2])
def test_the_service_seals_to_the_same_bytes(vector: Vector, column: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        random = {8: (vector["stamp"] << 1).to_bytes(8), 12: vector[f"{column}.nonce"]}
        patched.setattr(os, "urandom", random.__getitem__)
        position = Position(vector["number"], vector["previous"])
        row = IdeaSealer(cipher_of(vector)).seal(idea_of(vector), position)
    assert row.stamp == vector["stamp"]
    assert getattr(row, column) == vector[f"{column}.sealed"]


@pytest.mark.parametrize("vector", IDEAS)
def test_the_service_opens_values_of_the_second_implementation(vector: Vector) -> None:
    idea = idea_of(vector)
    given: Vector = {column: page.sealed(vector, column) for column in COLUMNS}
    row = IdeaColumns(
        id=idea.id,
        stamp=vector["stamp"],
        number=vector["number"],
        previous=vector["previous"],
        revision=vector["revision"],
        stage=vector["stage"],
        priority=vector["priority"],
        due_date=idea.due_date,
        created_at=idea.created_at,
        updated_at=idea.updated_at,
        **given,
    )
    until = datetime.fromisoformat(vector["previous_until"]) if "previous_until" in vector else None
    assert open_version(cipher_of(vector), VersionColumns(row, until, idea.updated_at)) == idea


@pytest.mark.parametrize("vector", DELETIONS)
def test_deletions_match_the_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted_at = datetime.fromisoformat(vector["deleted_at"])
    args = (vault_of(vector), UUID(vector["id"]), vector["number"], vector["stamp"], deleted_at)

    assert page.deletion_context(vector) == vector["context"] == deletion_context(*args)
    assert page.sealed_null(vector, "ideas", vector["context"]) == vector["deletion"]
    assert cipher_of(vector).open(vector["deletion"], vector["context"]) == b"null"
    row = IdeaColumns._make([None] * len(IdeaColumns._fields))
    row = row._replace(id=UUID(vector["id"]), number=vector["number"], stamp=vector["stamp"])
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert seal_deletion(cipher_of(vector), row, deleted_at) == vector["deletion"]


@pytest.mark.parametrize("vector", PRUNINGS)
def test_prunings_match_the_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    pruned_until, sealer = datetime.fromisoformat(vector["pruned_until"]), PruningSealer(cipher_of(vector))

    assert page.pruning_context(vector) == vector["context"] == pruning_context(vault_of(vector), pruned_until)
    assert page.sealed_null(vector, "checkpoints", vector["context"]) == vector["sealed"]
    sealer.check(pruned_until, vector["sealed"])
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert sealer.seal(pruned_until) == vector["sealed"]


def query_of(vector: Vector, cursor: str) -> IdeaQuery:
    asked = dict(zip(FILTERS, vector["question"][: len(FILTERS)], strict=True))
    return IdeaQuery.model_validate(asked | {"tags": ",".join(asked["tags"]), "cursor": cursor})


@pytest.mark.parametrize("vector", CURSORS)
def test_cursors_match_the_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    cipher = cipher_of(vector)

    assert page.cursor_context(vector) == vector["context"]
    assert page.cursor(vector) == vector["cursor"]
    place = place_of(query_of(vector, vector["cursor"]), cipher)
    assert place is not None
    assert json.loads(msgspec.json.encode(place)) == vector["place"]
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert next_cursor(query_of(vector, ""), cipher, place) == vector["cursor"]


@pytest.mark.parametrize("vector", LIST_CURSORS)
def test_cursors_of_other_lists_match_the_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    def cursors(cursor: str) -> Cursors[tuple[Any, ...]]:
        query = AuditQuery.model_validate({"limit": 1, "cursor": cursor, **vector["question"]})
        tenant_id, decoder = UUID(vector["tenant_id"]).bytes, msgspec.json.Decoder(tuple[Any, ...])
        if "audit_key" not in vector:
            return vault_cursors(cipher_of(vector), query, decoder, vector["list"])
        sealer = ServiceSealer(derive_purpose_key(vector["audit_key"], "audit/cursors"), KeyVersion(vector["version"]))
        return Cursors(sealer, query, decoder, vector["list"], tenant_id)

    assert page.list_cursor_context(vector) == vector["context"]
    assert page.list_cursor(vector) == vector["list_cursor"]
    place = tuple(vector["place"])
    assert cursors(vector["list_cursor"]).place() == place
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert cursors("").page([place, place], 2, lambda row: row).next_cursor == vector["list_cursor"]


def test_what_a_key_takes_over_matches_the_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    vector = VECTORS["A key that took over from version 1"]
    vault, earlier = vault_of(vector), cipher_of({**vector, "vault_key": vector["earlier_key"], "version": 1})

    assert page.carried(vector) == vector["carried"]
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert earlier.seal_carried(vector["vault_key"], vector["version"]) == vector["carried"]
    keys = {vector["version"]: vector["vault_key"]}
    cipher = VaultCipher(vault, VaultRevision(9), keys, unusable={}, carried=vector["carried"])
    assert cipher.name_of(vector["idempotency_key"]) == vector["name"]
    assert page.name(vector["earlier_key"], vector["idempotency_key"]) == vector["name"]


@pytest.mark.parametrize("vector", SEGMENTS)
def test_segments_match_the_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    sealer = SegmentSealer.of(cipher_of(vector))
    span = Span(vector["first_revision"], vector["last_revision"], len(vector["ideas"]), vector["folding"])

    assert page.segment_context(vector) == vector["context"]
    assert page.segment(vector) == vector["sealed"]
    block = sealer.open(Segment(span, vector["sealed"]))
    ideas = [msgspec.json.decode(entry.body, type=IdeaResponse) for entry in block.documents]
    made = Block.of(
        [OpenedIdea.of(given[0], given[1], idea) for given, idea in zip(vector["ideas"], ideas, strict=True)]
    )
    assert block.size == vector["size"]
    assert msgspec.msgpack.decode(block.packed())[1:] == msgspec.msgpack.decode(made.packed())[1:], (
        "the texts to search in and the ids are those of the ideas"
    )
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert sealer.seal(block, span.folding).sealed == vector["sealed"]


@pytest.mark.parametrize("vector", CHECKPOINTS)
def test_checkpoints_match_the_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    sealer, ideas = CheckpointSealer.of(cipher_of(vector)), vector["ideas"]
    content = ContentDigest()
    for revision, idea_id, stamp in ideas:
        content.add(DigestedPart.of([(revision, UUID(idea_id), stamp)]))
    checkpoint = Checkpoint(vector["revision"], len(ideas), vector["digest"])

    assert content.value() == page.vault_digest(ideas) == vector["digest"]
    assert page.checkpoint_context(vector) == vector["context"]
    assert page.checkpoint(vector) == vector["sealed"]
    assert sealer.open(SealedCheckpoint(checkpoint, vector["sealed"])) == checkpoint
    with monkeypatch.context() as patched:
        patched.setattr(os, "urandom", lambda _size: vector["nonce"])
        assert sealer.seal(checkpoint).sealed == vector["sealed"]
