"""`creatorvault operators`: manages operators of the admin API. Runs as the owner of the database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import rich_click as click
from advanced_alchemy.filters import OrderBy
from msgspec.structs import replace

from creatorvault.admin.models import Operator, OperatorState
from creatorvault.admin.repositories_of_operators import OperatorRepository
from creatorvault.admin.schemas_of_operators import MOST_DAYS
from creatorvault.admin.scopes import Scope
from creatorvault.admin.services_of_operators import OperatorAdministration
from creatorvault.audit.services import COMMAND, AuditLog, AuditRecorder
from creatorvault.core.database.sessions import Database, WriteSession
from creatorvault.crypto.providers import root_key_provider
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings

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

    async def act(session: WriteSession, recorder: AuditRecorder) -> tuple[Operator, str]:
        return await OperatorAdministration(session, recorder).create(name, [Scope(scope) for scope in scopes], expires)

    operator, key = _as_owner(act)
    click.echo(f"operator {operator.id}, key id {operator.key_id}")
    click.echo(key)


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
        if operator is not None:
            await OperatorAdministration(session, recorder).revoke(operator.id)
        return operator is not None

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
    match operator.state(now):
        case OperatorState.REVOKED:
            return "revoked"
        case OperatorState.OUTDATED:
            return "older form, opens nothing"
        case state if operator.expires_at is not None:
            return f"{'valid until' if state == OperatorState.VALID else 'expired'} {operator.expires_at:%Y-%m-%d}"
        case state:
            return state


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
