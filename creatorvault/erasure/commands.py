"""`creatorvault receipts`: verification of receipts, and the keys that sign them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import rich_click as click
from msgspec.structs import replace

from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import COMMAND, AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.crypto.providers import root_key_provider
from creatorvault.erasure.errors import ReceiptInvalid
from creatorvault.erasure.receipts import PublicKey, PublicKeySet, Receipt, verified
from creatorvault.erasure.signing.receipt_keys import published_keys, store_new_key
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def receipts() -> None:
    """Verify receipts of erasures, and manage the keys that sign them."""


@receipts.command()
@click.argument("file", type=FILE)
@click.option("--keys", "key_file", type=FILE, help="The JWK Set of the service, saved from /.well-known/jwks.json.")
def verify(file: Path, key_file: Path | None) -> None:
    """Verify the signature of a receipt and its proof that the vault is not among the living ones.

    With --keys it works offline; without, the keys come from the configured database.
    """
    keys = _stored_keys() if key_file is None else _read_keys(key_file)
    try:
        receipt = verified(_read(file), keys)
    except ReceiptInvalid as error:
        raise click.ClickException(f"FILE: {file} is not a valid receipt: {error}") from error
    for line in _lines(receipt):
        click.echo(line)


@receipts.command("keys")
def show_keys() -> None:
    """Print the public keys as a JWK Set, as /.well-known/jwks.json does."""
    click.echo(msgspec.json.format(msgspec.json.encode(PublicKeySet(list(_stored_keys())))).decode())


@receipts.command()
def rotate_key() -> None:
    """Sign with a new key from now on. The earlier public keys stay published."""
    settings = with_development_secrets(load_settings())
    with with_database(settings, lambda text: click.echo(text, err=True)) as running:
        click.echo(f"Receipts are signed with {asyncio.run(_rotated(running))}.")


async def _rotated(settings: Settings) -> str:
    provider = root_key_provider(settings.encryption)
    recorder = AuditLog(provider, settings.limits).recorder(COMMAND)
    database = Database(replace(settings.database, url=settings.database.owner_url))
    try:
        async with database.writing() as session:
            kid = await store_new_key(session, provider)
            await recorder.record(session, SERVICE, "receipt_key.rotated", kid=kid)
            return kid
    finally:
        await database.close()


def _stored_keys() -> Sequence[PublicKey]:
    with with_database(load_settings(), lambda text: click.echo(text, err=True)) as settings:
        return asyncio.run(_published(settings)).keys


async def _published(settings: Settings) -> PublicKeySet:
    database = Database(settings.database)
    try:
        async with database.reading() as session:
            return await published_keys(session)
    finally:
        await database.close()


def _read_keys(file: Path) -> Sequence[PublicKey]:
    try:
        return msgspec.json.decode(_read(file).encode("latin-1"), type=PublicKeySet).keys
    except msgspec.DecodeError as error:
        raise click.ClickException(f"--keys: {file} is not a JWK Set of Ed25519 keys") from error


def _read(file: Path) -> str:
    """Byte by byte: a receipt has ASCII characters only, which its verification checks."""
    return file.read_bytes().decode("latin-1")


def _lines(receipt: Receipt) -> Sequence[str]:
    backups = receipt.key_backups_expire_at or "not known to the service"
    return [
        f"The receipt is valid: {receipt.jti}" + (f", of {receipt.iss}" if receipt.iss else ""),
        f"  vault          tenant {receipt.tenant_id}, user {receipt.user_id}",
        f"  keys           {len(receipt.keys)} destroyed at {receipt.destroyed_at}",
        f"  rows           {sum(receipt.rows.values())} deleted until {receipt.finished_at}",
        f"  backups        the last one with these keys expires: {backups}",
        f"  audit log      event {receipt.audit.sequence} of tenant {receipt.audit.tenant_id}",
        f"  roster         not among {receipt.roster.size} living vaults of the {receipt.roster.scope}"
        f" at {receipt.roster.taken_at}",
    ]
