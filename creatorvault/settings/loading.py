"""Loads the settings: `litestar.toml`, then the environment.

Loading has no side effects: it generates, creates and connects nothing. Development secrets come from
`creatorvault.management.development`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from creatorvault.settings.bundled import bundled, is_installed
from creatorvault.settings.environment import lay_over
from creatorvault.settings.normal_forms import (
    normal_auth,
    normal_database,
    normal_encryption,
    normal_home,
    normal_server,
)
from creatorvault.settings.reader import SettingsError, from_file, read, variables
from creatorvault.settings.rules import unsafe
from creatorvault.settings.sections import Settings

SETTINGS_FILE: Final = "litestar.toml"


def load_settings(environ: Mapping[str, str] = os.environ, file: Path | None = None) -> Settings:
    """Raises SettingsError with all problems: names, values, and in production unsafe settings.

    The default of `file` is `litestar.toml` of the checkout, or else of the working directory. For an installed wheel,
    the working directory comes first, then the wheel's own file. An empty variable counts as unset.
    """
    tree = from_file(file) if file is not None or (file := _settings_file()) else {}
    problems = lay_over(tree, environ, variables(Settings))
    settings = _in_one_form(read(Settings, tree, problems) or Settings(), problems)
    problems += unsafe(settings)
    if problems:
        raise SettingsError(list(dict.fromkeys(problems)))
    return settings


def _settings_file() -> Path | None:
    """Returns a path that exists even if it is not a file: reading it then fails, instead of ignoring it."""
    places = (bundled(SETTINGS_FILE), Path.cwd() / SETTINGS_FILE)
    return next((file for file in (reversed(places) if is_installed() else places) if os.path.lexists(file)), None)


def _in_one_form(settings: Settings, problems: list[str]) -> Settings:
    return replace(
        settings,
        home=normal_home(settings.home, problems),
        server=normal_server(settings.server),
        auth=normal_auth(settings.auth),
        encryption=normal_encryption(settings.encryption),
        database=normal_database(settings.database, problems),
    )
