"""The command `creatorvault token`."""

from typing import Final

import rich_click as click

from creatorvault.accounts.minting import HOUR, Person, mint_development_token
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_development_secrets
from creatorvault.settings.loading import load_settings

TEN_YEARS: Final = 10 * 365 * 86_400


@click.command()
@click.option(
    "--user",
    required=True,
    type=Words(),
    help="The user id; it is also the path segment of the ideas: /api/v1/<user>/ideas.",
)
@click.option("--email", type=Words())
@click.option("--name", type=Words())
@click.option("--role", "roles", multiple=True, type=Words(), help="May be given several times.")
@click.option("--org", type=Words(), help="The organization whose tenant the token opens; needs --org-role.")
@click.option("--org-role", "org_roles", multiple=True, type=Words(), help="May be given several times.")
@click.option("--expires", default=HOUR, show_default=True, type=click.IntRange(1, TEN_YEARS), help="Seconds from now.")
def token(
    user: str,
    email: str | None,
    name: str | None,
    roles: tuple[str, ...],
    org: str | None,
    org_roles: tuple[str, ...],
    expires: int,
) -> None:
    """Print a token for development on the last line of the output."""
    if bool(org) != bool(org_roles):
        raise click.UsageError(
            "--org and --org-role go together: an organization without a role in it counts for nothing"
        )
    person = Person(user_id=user, email=email, name=name, roles=roles, org_id=org, org_roles=org_roles)
    settings = with_development_secrets(load_settings())
    click.echo(mint_development_token(settings, person, expires))
