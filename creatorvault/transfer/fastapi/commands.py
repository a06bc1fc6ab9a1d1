"""The command `creatorvault import fastapi`."""

from pathlib import Path
from typing import NamedTuple

import rich_click as click
import uvloop

from creatorvault.management.commands.progress import progress_bar
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import AuthSettings, Settings
from creatorvault.transfer.fastapi.following import Rhythm, follow, stopped_by_signals
from creatorvault.transfer.fastapi.parameters import DatabaseAddress, OutputFile
from creatorvault.transfer.fastapi.passes import Passes
from creatorvault.transfer.fastapi.report import Kind, Tally, summary
from creatorvault.transfer.fastapi.source import opened_source
from creatorvault.transfer.fastapi.target import opened_target


class Options(NamedTuple):
    url: str
    table: str
    report: Path | None
    dry_run: bool
    delete_missing: bool
    rhythm: Rhythm | None


@click.command()
@click.option(
    "--from",
    "url",
    type=DatabaseAddress(),
    envvar="FASTAPI_DATABASE_URL",
    required=True,
    help="Address of the service's database, in a form of DATABASE_URL. Other users of the machine see the arguments of"
    " commands: FASTAPI_DATABASE_URL hides a password from them.",
)
@click.option("--table", type=Words(), default="ideas", show_default=True, help="The table with the ideas.")
@click.option("--issuer", type=Words(), help="Name of the issuer of the creators' tokens, if several are configured.")
@click.option("--report", type=OutputFile(), help="Write JSON lines with ids and reasons to this file, replacing it.")
@click.option("--dry-run", is_flag=True, help="Read and validate everything, store nothing.")
@click.option("--follow", "follows", is_flag=True, help="Go on with what changes there until Ctrl-C or SIGTERM.")
@click.option(
    "--every", type=click.IntRange(1, 3600), default=5, show_default=True, help="Seconds between looks for changes."
)
@click.option(
    "--until-idle", type=click.IntRange(1, 86_400), help="End following after so many seconds without a change."
)
@click.option("--delete-missing", is_flag=True, help="Delete imported ideas whose rows are gone, unless changed here.")
def fastapi(
    url: str,
    table: str,
    issuer: str | None,
    report: Path | None,
    *,
    dry_run: bool,
    follows: bool,
    every: int,
    until_idle: int | None,
    delete_missing: bool,
) -> None:
    """Move the ideas of the plaintext FastAPI service into vaults, which keep ids, times and owners.

    It can be repeated, and goes on where it was interrupted: what is stored already is compared, and replaced if its
    row has changed since. An idea that its creator has changed in CreatorVault stays as it is. Rows that cannot be
    ideas are listed by id and reason. At last a digest of all rows is compared with one of what the vaults then hold.
    """
    if dry_run and (follows or delete_missing):
        raise click.UsageError("--dry-run goes with neither --follow nor --delete-missing")
    if until_idle is not None and not follows:
        raise click.UsageError("--until-idle is an option of --follow")
    rhythm = Rhythm(every, until_idle) if follows else None
    options = Options(url, table, report, dry_run, delete_missing, rhythm)
    settings = with_development_secrets(load_settings())
    realm = _realm(settings.auth, issuer)
    if dry_run:
        uvloop.run(_read(options))
        return
    with with_database(settings, lambda text: click.echo(text, err=True)) as running:
        tally = uvloop.run(_import(running, realm, options))  # a tenth less processor time than asyncio's own loop
    problems = [
        f"{count:,} {what}"
        for what, count in (("ideas were refused", tally.lines[Kind.REFUSED]), ("ideas differ", _differing(tally)))
        if count
    ]
    if problems:
        owners = f"; creators whose ideas differ: {', '.join(tally.mismatching_owners)}"
        raise click.ClickException(f"{' and '.join(problems)}{owners if tally.mismatching_owners else ''}")


def _realm(auth: AuthSettings, issuer: str | None) -> str:
    """Tenants are derived from the realm of the issuer. Raises BadParameter and UsageError."""
    realms = {known.name: known.realm for known in auth.issuers}
    if issuer is not None:
        if issuer not in realms:
            raise click.BadParameter(f"no such issuer; configured: {', '.join(realms)}", param_hint="--issuer")
        return realms[issuer]
    if len({*realms.values()}) != 1:
        raise click.UsageError(f"Give --issuer, one of {', '.join(realms)}: their creators have different tenants")
    return next(iter(realms.values()))


async def _read(options: Options) -> None:
    async with opened_source(options.url, options.table) as source:
        tally = await _everything(Passes(source, None, click.echo, options.report), "Reading", options)
    _say(summary(tally, dry_run=True))


async def _import(settings: Settings, realm: str, options: Options) -> Tally:
    async with (
        opened_source(options.url, options.table) as source,
        opened_target(settings, realm, source) as target,
    ):
        passes = Passes(source, target, click.echo, options.report)
        if options.rhythm is None:
            tally = await _everything(passes, "Importing", options)
        else:
            with stopped_by_signals() as stop:
                _say(summary(await _everything(passes, "Importing", options._replace(delete_missing=False))))
                await follow(passes, options.rhythm, stop, click.echo)
                tally = await _everything(passes, "Comparing", options)
    _say(summary(tally))
    return tally


async def _everything(passes: Passes, what: str, options: Options) -> Tally:
    with progress_bar("ideas", on_stderr=True) as progress:
        task = progress.add_task(what, total=None)
        return await passes.everything(
            lambda rows: progress.update(task, total=rows),
            lambda rows: progress.advance(task, rows),
            delete_missing=options.delete_missing,
        )


def _differing(tally: Tally) -> int:
    """At least 1 if the digests differ."""
    return tally.lines[Kind.MISMATCH] or int(not tally.is_equal)


def _say(lines: list[str]) -> None:
    for line in lines:
        click.echo(line)
