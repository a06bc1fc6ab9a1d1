"""Every column that holds ciphertext is declared by its app, so that rotation and verification reach it."""

from typing import Final

from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from creatorvault.apps import import_models, protected_data

WITHOUT_VAULT_KEYS: Final = {
    "audit_events.digest": "a hash",
    "audit_events.previous": "a hash",
    "audit_heads.digest": "a hash",
    "console_refusals.address": "a pseudonym",
    "console_sessions.client": "a hash with the secret of the session",
    "console_sessions.id": "a hash",
    "console_sessions.token": "sealed with the secret of the session",
    "idempotency_answers.name": "a hash with a key that later ones take over",
    "keys.vault_keys.wrapped": "wrapped by a root key",
    "keys.vault_keys.carried": "another with each key",
    "vault_checkpoints.digest": "a hash",
    "erased_vaults.vault": "a hash",
    "jobs.queue.payload": "always empty: the queue names ids in columns",
    "keys.receipt_keys.public_key": "public",
    "tenant_erasures.confirmation": "a hash",
    "vault_erasures.confirmation": "a hash",
}


def test_every_column_of_bytes_is_sealed_wrapped_or_known() -> None:
    import_models()
    data = protected_data()
    declared = {f"{table.name}.{column}" for table in data.sealed for column in table.sealed}
    declared |= {f"{table.name}.wrapped" for table in data.wrapped}
    found = {
        f"{table.fullname}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }

    assert found - declared == WITHOUT_VAULT_KEYS.keys()
    assert declared <= found


def test_every_table_with_a_root_key_is_declared() -> None:
    import_models()
    declared = {table.name for table in protected_data().wrapped}
    tables = SQLModel.metadata.tables.values()
    found = {table.fullname for table in tables if {"root_key_id", "wrapped"} <= {*table.columns.keys()}}
    assert found == declared | {"keys.vault_keys"}
