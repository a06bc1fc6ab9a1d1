"""The commands `creatorvault keys …`."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, Final
from uuid import UUID

import msgspec
import rich_click as click
from rich.progress import Progress, TaskID

from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.key_management.findings import Finding
from creatorvault.key_management.installation import Installation, RunningLock, installation
from creatorvault.key_management.root_rotation import RootRotation
from creatorvault.key_management.rotation_runs import RotationRun
from creatorvault.key_management.schemas import KeysStatus
from creatorvault.key_management.scopes import Scope, size_of
from creatorvault.key_management.status import keys_status
from creatorvault.key_management.vault_rotation import Pace
from creatorvault.key_management.verification import Verification
from creatorvault.management.commands.progress import progress_bar
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings

NICENESS: Final = 10
"""Requests come first."""

TENANT: Final = click.option("--tenant", "tenant_id", type=click.UUID, help="Only the vaults of this tenant.")
VAULT: Final = click.option(
    "--vault", type=(click.UUID, Words()), metavar="TENANT USER", help="Only the vault of this user in this tenant."
)


def keys_group(data: ProtectedData) -> click.RichGroup:
    """`data` are the tables that the apps declare."""

    @click.group()
    def keys() -> None:
        """Manage root keys, and the keys of vaults that they wrap."""

    @keys.command()
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def status(*, as_json: bool) -> None:
        """Show root keys, how many keys each of them wraps, and vault keys."""
        found = _with_installation(data, lambda place, _: _status(place))
        if as_json:
            click.echo(msgspec.json.encode(found))
            return
        _print(found)

    @keys.command()
    @TENANT
    @VAULT
    @click.option("--all", "everything", is_flag=True, help="The vaults of all tenants.")
    @click.option("--root", is_flag=True, help="Not vault keys: wrap all keys with the root key that wraps now.")
    def rotate(tenant_id: UUID | None, vault: tuple[UUID, str] | None, *, everything: bool, root: bool) -> None:
        """Replace keys while the service runs. A rotation that was interrupted goes on when it is repeated.

        A new vault key gets all rows of its vault; then the earlier keys of the vault are destroyed. A row that cannot
        be opened is named, and keeps them.
        """
        if [everything, root, tenant_id is not None, vault is not None].count(True) != 1:
            raise click.UsageError("Give one of --root, --all, --tenant and --vault")
        scope = _scope(tenant_id, vault)
        bad = _with_installation(data, _rotate_root if root else lambda place, say: _rotate(place, scope, say))
        if bad:
            raise click.ClickException(f"{bad}: their earlier keys stay")

    @keys.command()
    @TENANT
    @VAULT
    def verify(tenant_id: UUID | None, vault: tuple[UUID, str] | None) -> None:
        """Open every stored value, compare what is stored with the vaults' rows, and fail if anything is wrong."""
        scope = _scope(tenant_id, vault)
        findings = _with_installation(data, lambda place, say: _verify(place, scope, say))
        if findings:
            raise click.ClickException(f"{findings} findings")

    keys.add_command(generate)
    return keys


@click.command()
@click.option(
    "--id", "root_key_id", type=Words(), help="1 to 32 characters of a-z, 0-9 and -; by default derived from the date."
)
def generate(root_key_id: str | None) -> None:
    """Print a new root key, as an entry of CREATORVAULT_ROOT_KEYS, on the last line of the output.

    Put it before the existing entries: the first one wraps, all unwrap. Losing an entry means losing
    every vault whose keys it has wrapped.
    """
    try:
        click.echo(RootKeyring.generate_entry(root_key_id))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--id") from error


type Say = Callable[[str], None]


def _with_installation[T](data: ProtectedData, work: Callable[[Installation, Say], Coroutine[Any, Any, T]]) -> T:
    """`Say` prints a line to standard output."""
    settings = with_development_secrets(load_settings())

    async def working(running: Settings) -> T:
        async with installation(running, data) as place:
            return await work(place, click.echo)

    with with_database(settings, lambda text: click.echo(text, err=True)) as running:
        return asyncio.run(working(running))


async def _status(place: Installation) -> KeysStatus:
    return await keys_status(place.operators, place.root_keys, place.data)


async def _rotate(place: Installation, scope: Scope, say: Say) -> str:
    """Returns what to say of vaults whose keys could not be retired; nothing if there are none."""
    os.nice(NICENESS)
    vaults, ideas = await size_of(place.operators, scope)
    async with RunningLock(place.operators) as lock:
        with progress_bar("rows", on_stderr=True) as progress:
            task = progress.add_task(f"Rotating the keys of {vaults} vaults", total=ideas)
            pace, done = Pace(place.rows_per_second), _advancing(progress, task)
            result = await RotationRun(place, pace, place.grace_seconds, _reporting(say), done).rotate(scope, lock)
    erased = f", {result.skipped} erased" if result.skipped else ""
    say(f"{result.rotated} vaults have a new key; {result.retired} earlier keys are destroyed{erased}.")
    return f"{result.left} vaults" if result.left else ""


async def _rotate_root(place: Installation, say: Say) -> str:
    async with RunningLock(place.operators) as lock:
        with progress_bar("keys", on_stderr=True) as progress:
            task = progress.add_task("Wrapping keys", total=None)
            result = await RootRotation(place, _reporting(say), _advancing(progress, task)).rotate(lock)
    say(f"{result.rewrapped} keys are wrapped by {place.root_keys.wraps_with}.")
    for root_key in (await _status(place)).root_keys:
        if not root_key.wraps and not root_key.vault_keys and not root_key.service_keys:
            say(f"{root_key.root_key_id} wraps nothing any more: remove it when no backup of `keys` needs it.")
    return f"{result.left} keys" if result.left else ""


async def _verify(place: Installation, scope: Scope, say: Say) -> int:
    vaults, ideas = await size_of(place.operators, scope)
    with progress_bar("ideas", on_stderr=True) as progress:
        task = progress.add_task(f"Opening {vaults} vaults", total=ideas)
        verified = await Verification(place, _reporting(say), _advancing(progress, task)).verify(scope)
    say(f"{verified.vaults} vaults, {verified.rows} rows: {verified.findings or 'no'} findings.")
    return verified.findings


def _advancing(progress: Progress, task: TaskID) -> Callable[[int], None]:
    return lambda rows: progress.advance(task, rows)


def _reporting(say: Say) -> Callable[[Finding], None]:
    return lambda finding: say(str(finding))


def _scope(tenant_id: UUID | None, vault: tuple[UUID, str] | None) -> Scope:
    if tenant_id is not None and vault is not None:
        raise click.UsageError("Give one of --tenant and --vault")
    return Scope(tenant_id) if vault is None else Scope(*vault)


def _print(found: KeysStatus) -> None:
    for provider in found.providers:
        click.echo(f"provider {provider.provider}: {provider.reason or 'usable'}")
    for root_key in found.root_keys:
        state = root_key.state.value if root_key.reason is None else f"{root_key.state.value} ({root_key.reason})"
        click.echo(
            f"root key {root_key.root_key_id}: {state}{', wraps' if root_key.wraps else ''}; "
            f"{root_key.vault_keys} vault keys, {root_key.service_keys} keys of the service"
        )
    keys = found.vault_keys
    click.echo(f"{keys.vaults} vaults have a key, {keys.with_earlier_keys} of them earlier ones as well")
    if keys.oldest is not None and keys.newest is not None:
        click.echo(f"newest keys of vaults: from {keys.oldest:%Y-%m-%d} to {keys.newest:%Y-%m-%d}")
    for rotation in found.interrupted:
        scope = "--all" if rotation.tenant_id is None else f"--tenant {rotation.tenant_id}"
        click.echo(f"interrupted: creatorvault keys rotate {scope}, begun {rotation.started_at:%Y-%m-%d %H:%M}")
