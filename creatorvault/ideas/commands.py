"""The command `creatorvault seed`."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from random import Random

import rich_click as click

from creatorvault.audit.services import COMMAND, AuditLog
from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.ideas.bulk import AT_ONCE, store_batches
from creatorvault.ideas.samples import sample_ideas
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.management.commands.progress import progress_bar
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.upgrade import upgrade
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Environment, Settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.revisions import SeenRevisions
from creatorvault.tenants.services import VaultService


@click.command()
@click.option("--users", default=3, show_default=True, type=click.IntRange(1, 10_000), help="Sample creators.")
@click.option("--ideas", default=100, show_default=True, type=click.IntRange(1, 200_000), help="Ideas per creator.")
def seed(users: int, ideas: int) -> None:
    """Store sample ideas for the creators sample-1, sample-2, … Development only.

    Run again, it stores only what is missing.
    """
    settings = with_development_secrets(load_settings())
    if settings.environment is not Environment.DEVELOPMENT:
        raise click.ClickException("sample ideas are for development; this is a production environment")
    with with_database(settings, click.echo) as running, progress_bar("ideas") as progress:
        upgrade(running, [prepare_audit_log], say=click.echo)
        task = progress.add_task("Storing sample ideas", total=users * ideas)
        asyncio.run(_store(running, users, ideas, lambda ideas: progress.advance(task, ideas)))
    click.echo(f"{users * ideas} ideas. To read them: creatorvault token --user sample-1")


async def _store(settings: Settings, users: int, ideas: int, done: Callable[[int], None]) -> None:
    async with root_key_provider(settings.encryption) as root_keys:
        await _store_with(root_keys, settings, users, ideas, done)


async def _store_with(
    root_keys: RootKeys, settings: Settings, users: int, ideas: int, done: Callable[[int], None]
) -> None:
    database, statements = Database(settings.database), Statements(settings.database)
    keyring = Keyring(root_keys, settings.encryption.rotate_after_revisions)
    parts = VaultParts(database, statements, keyring, SeenRevisions(), settings.tenancy)
    recorder = AuditLog(root_keys, settings.limits).recorder(COMMAND)
    realm = settings.auth.issuers[0].realm
    try:
        for number in range(1, users + 1):
            tenant = TenantName(TenantKind.PERSONAL, realm, f"sample-{number}")
            vault = VaultService(parts, tenant, VaultId(tenant.id, UserId(tenant.external_id)), lambda: recorder)
            async for batch in store_batches(vault, _batches(number, vault.id.user_id, ideas)):
                done(batch.stored + batch.known)
    finally:
        await statements.close()
        await database.close()


async def _batches(number: int, user_id: str, ideas: int) -> AsyncGenerator[Sequence[IdeaResponse]]:
    for first in range(0, ideas, AT_ONCE):
        random = Random(f"{number}-{first}")  # noqa: S311  # samples, the same each time; nothing secret
        yield [*sample_ideas(random, user_id, min(AT_ONCE, ideas - first))]
