"""The command `creatorvault`, with the built-in commands and those of the apps."""

import gc
import sys
from functools import partial

# Imports create almost no garbage, and collecting it repeatedly takes a fifth of their time.
gc.disable()
try:
    from creatorvault.accounts.minting import CannotMint, Person, mint_development_token
    from creatorvault.apps import INSTALLED, protected_data, serving_checks, system_checks, tenant_data
    from creatorvault.asgi import create_app
    from creatorvault.audit.errors import AuditKeyLost, AuditKeyMissing
    from creatorvault.crypto.errors import RootKeysInvalid
    from creatorvault.jobs.commands import worker_command
    from creatorvault.jobs.errors import NoLoginForJobs
    from creatorvault.jobs.process import run_jobs
    from creatorvault.key_management.commands import keys_group
    from creatorvault.key_management.errors import AlreadyRunning, LockLost, NoOperatorsLogin
    from creatorvault.management.commands.check import check_command
    from creatorvault.management.commands.database import database_group
    from creatorvault.management.commands.greeting import Sample
    from creatorvault.management.commands.openapi import openapi_command, routes_command
    from creatorvault.management.commands.root import APPLICATION, CONSOLE, root_group
    from creatorvault.management.commands.run import run_command
    from creatorvault.management.commands.shell import shell_command
    from creatorvault.management.commands.version import version
    from creatorvault.management.core_dumps import forbid_core_dumps
    from creatorvault.management.distribution import DistributionRefused
    from creatorvault.management.upgrade import DatabaseUnreachable, MigrationsUnknown
    from creatorvault.settings.sections import Settings
    from creatorvault.transfer.fastapi.errors import NoOperators, SourceRefused
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("creatorvault"):
        raise
    sys.exit(
        f"Error: {missing.name} is not installed for this Python ({sys.executable}). "
        "In a checkout, run `make .venv/installed`, then `.venv/bin/python -m creatorvault`"
    )

gc.freeze()
gc.enable()

DAY = 86_400


def sample_token(settings: Settings, user: str) -> Sample:
    """Mints a token that is valid for a day, or for the maximum lifetime if that is shorter."""
    life = min(DAY, settings.auth.max_token_seconds)
    try:
        return Sample(token=mint_development_token(settings, Person(user_id=user), expires_in=life))
    except CannotMint as error:
        return Sample(missing=str(error))


checks = serving_checks()
upgrade_steps = [step for app in INSTALLED for step in app.upgrade_steps]

root = root_group(
    [
        run_command(APPLICATION, CONSOLE, sample_token, checks, upgrade_steps, partial(run_jobs, APPLICATION)),
        worker_command(APPLICATION, checks, upgrade_steps),
        database_group(upgrade_steps, tenant_data()),
        check_command(system_checks()),
        openapi_command(create_app),
        routes_command(create_app),
        shell_command(create_app),
        version,
        keys_group(protected_data()),
        *(command for app in INSTALLED for command in app.commands),
    ],
    told_in_words=[
        *(
            CannotMint,
            RootKeysInvalid,
            AuditKeyMissing,
            AuditKeyLost,
            AlreadyRunning,
            LockLost,
            NoOperatorsLogin,
            NoLoginForJobs,
        ),
        *(DatabaseUnreachable, DistributionRefused, MigrationsUnknown, NoOperators, SourceRefused),
    ],
    heads=[source for app in INSTALLED for source in app.heads],
)


def main() -> None:
    forbid_core_dumps()
    root(prog_name="creatorvault")


if __name__ == "__main__":
    main()
