"""The command `creatorvault pseudonym`."""

from uuid import UUID

import rich_click as click

from creatorvault.crypto.errors import LostKey
from creatorvault.crypto.pseudonyms import pseudonyms_of
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import DEFAULT_REALM


@click.command()
@click.argument("user_id", type=Words())
@click.option(
    "--realm",
    type=Words(),
    default=DEFAULT_REALM,
    show_default=True,
    help="The realm of the user's issuer.",
)
@click.option("--operator", is_flag=True, help="USER_ID is the id of an operator, as `operators list` prints it.")
@click.option(
    "--root-key",
    "root_key_id",
    type=Words(),
    help="For logs from before a rotation: the id of the root key that was first then.",
)
def pseudonym(user_id: str, realm: str, root_key_id: str | None, *, operator: bool) -> None:
    """Print the pseudonym that is logged as `caller` for USER_ID, on the last line of the output.

    It requires the root keys of the service, or its key for pseudonyms: the log alone does not reveal who a pseudonym
    belongs to.
    """
    name = (_operator_actor(user_id),) if operator else (realm, user_id)
    encryption = with_development_secrets(load_settings()).encryption
    try:
        pseudonyms = pseudonyms_of(encryption, root_key_id)
    except LostKey:
        raise click.BadParameter("there is no root key of this id", param_hint="--root-key") from None
    click.echo(pseudonyms.of(*name))


def _operator_actor(text: str) -> str:
    """Returns the operator's actor in the audit log, with the canonical spelling of the UUID."""
    try:
        return f"operator:{UUID(text)}"
    except ValueError:
        raise click.BadParameter("is not the id of an operator", param_hint="USER_ID") from None
