"""Development defaults: secrets, generated once and stored in `<home>/secrets/`, and an embedded database."""

import base64
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from creatorvault.management.postgres import EmbeddedPostgres
from creatorvault.settings.algorithms import HS256
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import Environment, IssuerSettings, Settings

SHARED_SECRET: Final = "better-auth-secret"  # noqa: S105 - the name of a file
ROOT_KEYS: Final = "root-keys"
FEWEST_CHARACTERS: Final = 32
"""Both kinds of secrets are longer."""


def with_development_secrets(settings: Settings) -> Settings:
    """Adds a shared secret if no issuer is set, and a root key if there is none. Does nothing in production.

    The folder has mode 0700, the files 0600. Raises SettingsError if they cannot be created, or are damaged.
    """
    if settings.environment is not Environment.DEVELOPMENT:
        return settings
    folder = settings.home / "secrets"
    if not settings.auth.issuers:
        secret = _kept(folder / SHARED_SECRET, lambda: secrets.token_urlsafe(48))
        issuer = IssuerSettings(name="shared-secret", kind="shared-secret", secret=secret, algorithms=(HS256,))
        settings = replace(settings, auth=replace(settings.auth, issuers=(issuer,)))
    if settings.encryption.root_keys is None and settings.encryption.root_keys_file is None:
        root_keys = _kept(
            folder / ROOT_KEYS, lambda: f"development:{base64.b64encode(secrets.token_bytes(32)).decode()}"
        )
        settings = replace(settings, encryption=replace(settings.encryption, root_keys=root_keys))
    return settings


@contextmanager
def with_database(settings: Settings, say: Callable[[str], None]) -> Iterator[Settings]:
    """Starts the embedded PostgreSQL if no DATABASE_URL is set. Raises SettingsError in production."""
    if settings.database.url is not None:
        yield settings
        return
    if settings.environment is Environment.PRODUCTION:
        raise SettingsError(["DATABASE_URL is not set: production uses no embedded database"])
    with EmbeddedPostgres(settings.home) as server:
        if not server.place.folder.is_relative_to(settings.home.resolve()):
            say(f"Database files: {server.place.folder}, because {settings.home} lies in a private folder.")
        logins = {
            "url": Secret(server.app_url),
            "owner_url": Secret(server.owner_url),
            "operator_url": Secret(server.operator_url),
        }
        yield replace(settings, database=replace(settings.database, **logins))


def _kept(file: Path, make: Callable[[], str]) -> Secret:
    """Returns the file's content; the first process creates it. Raises SettingsError."""
    try:
        if not file.exists():
            _made(file, make)
        return _sound(file)
    except OSError as error:
        where = error.filename or file
        raise SettingsError([f"CREATORVAULT_HOME: {where}: {error.strerror}: set it to another folder"]) from None


def _made(file: Path, make: Callable[[], str]) -> None:
    """Writes a temporary file and links it, which fails if the name exists: of two processes that start concurrently,
    one creates the secret, both read the same one, and neither reads an incomplete one.
    """
    _private_folder(file.parent)
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(make() + "\n")
            stream.flush()
            os.fsync(descriptor)
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was faster
    finally:
        draft.unlink()


def _sound(file: Path) -> Secret:
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    if len(text) < FEWEST_CHARACTERS or not text.isascii():
        raise SettingsError([f"CREATORVAULT_HOME: {file} is damaged: restore it, or remove it and what it has sealed"])
    return Secret(text)


def _private_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
