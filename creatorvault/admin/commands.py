"""`creatorvault operators`: manages operators of the admin API. Runs as the owner of the database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import rich_click as click
from advanced_alchemy.filters import OrderBy
from msgspec.structs import replace

from creatorvault.admin.models import Operator
from creatorvault.admin.operator_keys import is_of_older_form, new_key
from creatorvault.admin.repositories import OperatorRepository
from creatorvault.admin.scopes import Scope
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import COMMAND, AuditLog, AuditRecorder
from creatorvault.core.database.sessions import Database, WriteSession
from creatorvault.crypto.providers import root_key_provider
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings

MOST_DAYS: Final = 36_500

type Act[T] = Callable[[WriteSession, AuditRecorder], Awaitable[T]]


@click.group("operators")
def operators_group() -> None:
    """Create and list operators, and revoke their keys."""


@operators_group.command()
@click.option("--name", required=True, type=Words(), help="Name of the operator, shown in the list.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="Scope of the key; may be repeated.",
)
@click.option("--expires", type=click.IntRange(1, MOST_DAYS), help="Days from now; without it the key does not expire.")
def create(name: str, scopes: tuple[str, ...], expires: int | None) -> None:
    """Print a new operator's key on the last line of the output. It is shown only once."""
    key = new_key()
    operator = Operator(
        name=name,
        key_id=key.key_id,
        key_hash=key.hash,
        scopes=sorted(set(scopes)),
        expires_at=None if expires is None else datetime.now(UTC) + timedelta(days=expires),
    )

    async def act(session: WriteSession, recorder: AuditRecorder) -> None:
        session.add(operator)
        await recorder.record(
            session, SERVICE, "operator.created", operator=str(operator.id), scopes=",".join(operator.scopes)
        )

    _as_owner(act)
    click.echo(f"operator {operator.id}, key id {key.key_id}")
    click.echo(key.text)


@operators_group.command("list")
def list_operators() -> None:
    """Print all operators: id (used in the audit log), key id, validity of the key, scopes, name."""

    async def act(session: WriteSession, recorder: AuditRecorder) -> list[str]:
        now = datetime.now(UTC)
        return [
            f"{operator.id}  {operator.key_id}  {_state(operator, now)}  {','.join(operator.scopes)}  {operator.name}"
            for operator in await OperatorRepository(session).get_many(OrderBy("created_at"))
        ]

    for line in _as_owner(act):
        click.echo(line)


@operators_group.command()
@click.argument("operator_or_key_id", type=Words())
def revoke(operator_or_key_id: str) -> None:
    """Revoke the key with this id, or of the operator with this id, immediately and permanently."""

    async def act(session: WriteSession, recorder: AuditRecorder) -> bool:
        operator = await _named(session, operator_or_key_id)
        if operator is None:
            return False
        if operator.revoked_at is None:
            operator.revoked_at = datetime.now(UTC)
            await session.flush()
            await recorder.record(session, SERVICE, "operator.revoked", operator=str(operator.id))
        return True

    if not _as_owner(act):
        raise click.ClickException(f"there is no operator {operator_or_key_id}")
    click.echo(f"{operator_or_key_id} is revoked.")


async def _named(session: WriteSession, text: str) -> Operator | None:
    operators = OperatorRepository(session)
    try:
        return await operators.get_one_or_none(id=UUID(text))
    except ValueError:
        return await operators.get_one_or_none(key_id=text)


def _state(operator: Operator, now: datetime) -> str:
    if operator.revoked_at is not None:
        return "revoked"
    if is_of_older_form(operator.key_hash):
        return "older form, opens nothing"
    if operator.expires_at is None:
        return "valid"
    return f"{'valid until' if operator.expires_at > now else 'expired'} {operator.expires_at:%Y-%m-%d}"


def _as_owner[T](act: Act[T]) -> T:
    settings = with_development_secrets(load_settings())
    with with_database(settings, lambda text: click.echo(text, err=True)) as running:
        return asyncio.run(_acted(running, act))


async def _acted[T](settings: Settings, act: Act[T]) -> T:
    database = Database(replace(settings.database, url=settings.database.owner_url))
    try:
        async with root_key_provider(settings.encryption) as root_keys, database.writing() as session:
            recorder = AuditLog(root_keys, settings.limits).recorder(COMMAND)
            # Row-level security also applies to the owner: in the audit log, a policy allows it to write only to the
            # service's own chain.
            return await act(session, recorder)
    finally:
        await database.close()
