"""The commands `creatorvault keys …`."""

import rich_click as click

from creatorvault.core.commands.words import Words
from creatorvault.crypto.rootkeys import RootKeyring


@click.group()
def keys() -> None:
    """Root keys, which wrap the key of every vault."""


@keys.command()
@click.option(
    "--id", "root_key_id", type=Words(), help="1 to 32 characters out of a-z, 0-9 and -; by default made from the date."
)
def generate(root_key_id: str | None) -> None:
    """Print a new root key, as an entry of CREATORVAULT_ROOT_KEYS, on the last line of the output.

    Put it in front of the entries that are there: the first wraps, all unwrap. An entry that is lost takes with it
    every vault whose keys it wrapped.
    """
    try:
        click.echo(RootKeyring.generate_entry(root_key_id))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--id") from error
