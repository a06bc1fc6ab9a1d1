"""Loads the settings: `litestar.toml`, then the environment.

Reading is pure: nothing is generated, created or connected to here. Development's secrets come from
`creatorvault.management.development`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from creatorvault.settings.bundled import bundled, is_installed
from creatorvault.settings.environment import lay_over
from creatorvault.settings.normal_forms import normal_auth, normal_database, normal_home, normal_server
from creatorvault.settings.reader import SettingsError, from_file, read, variables
from creatorvault.settings.rules import unsafe
from creatorvault.settings.sections import Settings

SETTINGS_FILE: Final = "litestar.toml"


def load_settings(environ: Mapping[str, str] = os.environ, file: Path | None = None) -> Settings:
    """Raises SettingsError with everything that is wrong: names, values, and in production what is unsafe.

    Without `file`: `litestar.toml` of the checkout, or else of the working directory. Where a wheel is installed, the
    working directory comes first, and the wheel's own file after it. An empty variable counts as unset.
    """
    tree = from_file(file) if file is not None or (file := _settings_file()) else {}
    problems = lay_over(tree, environ, variables(Settings))
    settings = _in_one_form(read(Settings, tree, problems) or Settings(), problems)
    problems += unsafe(settings)
    if problems:
        raise SettingsError(list(dict.fromkeys(problems)))
    return settings


def _settings_file() -> Path | None:
    """What stands there without being a file is an error of the one who reads it, and not passed over."""
    places = (bundled(SETTINGS_FILE), Path.cwd() / SETTINGS_FILE)
    return next((file for file in (reversed(places) if is_installed() else places) if os.path.lexists(file)), None)


def _in_one_form(settings: Settings, problems: list[str]) -> Settings:
    return replace(
        settings,
        home=normal_home(settings.home, problems),
        server=normal_server(settings.server),
        auth=normal_auth(settings.auth),
        database=normal_database(settings.database, problems),
    )
