"""The settings in force by name, as text that contains no secret."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, get_args
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, replace
from sqlalchemy import make_url

from creatorvault.figures.schemas import SettingResponse
from creatorvault.settings.database_url import hosts_of
from creatorvault.settings.environment import DEPLOYED
from creatorvault.settings.normal_forms import normal_home
from creatorvault.settings.reader import variables
from creatorvault.settings.secret import MASK, Secret
from creatorvault.settings.sections import Settings
from creatorvault.settings.storage_url import valkey_url

DOCUMENTED: Final = "docs/operations/settings.md"
DOCUMENTED_ELSEWHERE: Final = {
    "auth.issuers": "docs/better-auth.md",
    "limits.groups": "docs/operations/rate-limits.md",
}
VARIABLES: Final[Mapping[tuple[str, ...], str]] = {path: name for name, path in variables(Settings)} | {
    path: name for name, path in DEPLOYED.items()
}
STORAGE: Final = "limits.storage_url"


def in_force(settings: Settings) -> list[SettingResponse]:
    """Returns each setting, in the order of the sections. Secrets are masked, and addresses have no passwords."""
    defaults = Settings(home=normal_home(Settings().home, []))
    database = replace(defaults.database, owner_url=settings.database.url)
    return [*_fields(settings, replace(defaults, database=database), ())]


def _fields(struct: Struct, defaults: Struct | None, path: tuple[str, ...]) -> Iterator[SettingResponse]:
    """`defaults` is None for an entry of a list, whose fields have defaults of their own."""
    for field in msgspec.structs.fields(struct):
        value: object = getattr(struct, field.name)
        default: object = _default_of(field) if defaults is None else getattr(defaults, field.name)
        here = (*path, field.name)
        if isinstance(value, Struct):
            yield from _fields(value, default if isinstance(default, Struct) else None, here)
        elif isinstance(value, tuple) and value and isinstance(value[0], Struct):
            for index, entry in enumerate(value):
                yield from _fields(entry, None, (*path, f"{field.name}[{index}]"))
        else:
            yield _setting(field, value, ".".join(here), VARIABLES.get(here), is_default=value == default)


def _default_of(field: FieldInfo) -> object:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _setting(field: FieldInfo, value: object, name: str, variable: str | None, *, is_default: bool) -> SettingResponse:
    return SettingResponse(
        name=name,
        value=_shown(value, name),
        is_default=is_default,
        is_secret=Secret in (field.type, *get_args(field.type)),
        variable=variable,
        documented_in=DOCUMENTED_ELSEWHERE.get(name.partition("[")[0], DOCUMENTED),
    )


def _shown(value: object, name: str) -> str | None:
    if value is None or value == ():
        return None
    if isinstance(value, Secret):
        return _shown_secret(value.reveal(), name)
    if isinstance(value, tuple):
        return ", ".join(_without_credentials(str(entry)) for entry in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.value if isinstance(value, StrEnum) else _without_credentials(str(value))


def _shown_secret(text: str, name: str) -> str:
    if name.startswith("database."):
        url = make_url(text)
        hosts = ",".join(f"{host}:{port}" for host, port in hosts_of(url))
        return f"postgresql://{f'{url.username}@' if url.username else ''}{hosts}/{url.database or ''}"
    return _without_credentials(valkey_url(text)) if name == STORAGE else MASK


def _without_credentials(text: str) -> str:
    """Removes what an address may hold beside its place: the login and the query."""
    if "://" not in text:
        return text
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
