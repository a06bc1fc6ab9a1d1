"""Checks of the settings. `core.E001` also prevents the service from starting."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from creatorvault.management.checks import Check, Installation, Message
from creatorvault.management.checks_of_transit import transit_messages
from creatorvault.settings.origins import is_loopback
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.rules import unsafe
from creatorvault.settings.sections import Environment, Settings

FEW_CHARACTERS: Final = 12
"""A random secret of 32 bytes in hex nearly always has all 16 digits; fewer than 12 are not random."""


def unusable(error: SettingsError) -> list[Message]:
    return [_e001(problem) for problem in error.problems]


async def settings_check(installation: Installation) -> list[Message]:
    settings = installation.settings
    if not installation.deploy:
        return list(_always(settings))
    problems = unsafe(replace(settings, environment=Environment.PRODUCTION))
    return [*(_e001(problem) for problem in problems), *_always(settings), *_deploy(settings)]


def groups_check(groups: Sequence[str]) -> Check:
    """`groups` are the existing route groups: a quota for another one would have no effect."""

    async def check(installation: Installation) -> list[Message]:
        return [
            Message(
                "core.E012",
                f"limits.groups: there is no route group {group.name}.",
                f"The groups are {', '.join(groups)}.",
            )
            for group in installation.settings.limits.groups
            if group.name not in groups
        ]

    return check


def _e001(problem: str) -> Message:
    return Message("core.E001", problem, "The service refuses to start. litestar.toml explains every setting.")


def _always(settings: Settings) -> Iterator[Message]:
    if "*" in settings.server.allowed_origins:
        yield Message("core.W001", "Every site may call this service from its visitors' browsers.", "ALLOWED_ORIGINS")
    for issuer in settings.auth.issuers:
        if issuer.secret is not None and len(set(issuer.secret.reveal())) < FEW_CHARACTERS:
            yield Message(
                "core.W002",
                f"The secret of issuer {issuer.name} does not look random.",
                "Make one with: openssl rand -base64 48",
            )


def _deploy(settings: Settings) -> Iterator[Message]:
    yield from transit_messages(settings)
    if settings.environment is not Environment.PRODUCTION:
        yield Message("core.W003", "The environment is development.", "CREATORVAULT_ENV=production")
    if not settings.server.behind_tls:
        yield Message(
            "core.W004",
            "Answers carry no Strict-Transport-Security.",
            "CREATORVAULT_SERVER__BEHIND_TLS=true, once a proxy in front speaks TLS.",
        )
    for origin in settings.server.allowed_origins:
        parts = urlsplit(origin)
        if parts.scheme == "http" and parts.hostname and not is_loopback(parts.hostname):
            yield Message("core.W005", f"The front end {origin} is served without TLS.", "ALLOWED_ORIGINS")
