"""The names of environment variables, and how they override the settings file."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from creatorvault.settings.origins import normal_address, origin_of
from creatorvault.settings.reader import PREFIX, Given, Tree, nearest, put

DEPLOYED: Final[Mapping[str, tuple[str, ...]]] = {
    "DATABASE_URL": ("database", "url"),
    "DATABASE_OWNER_URL": ("database", "owner_url"),
    "DATABASE_OPERATOR_URL": ("database", "operator_url"),
    "DATABASE_REPLICA_URL": ("database", "replica_url"),
    "DATABASE_LISTEN_URL": ("database", "listen_url"),
    "DATABASE_OPERATOR_REPLICA_URL": ("database", "operator_replica_url"),
    "ALLOWED_ORIGINS": ("server", "allowed_origins"),
    "HOST": ("server", "host"),
    "PORT": ("server", "port"),
    "LOG_LEVEL": ("logging", "level"),
    "CREATORVAULT_ENV": ("environment",),
    "CREATORVAULT_ROOT_KEYS": ("encryption", "root_keys"),
    "CREATORVAULT_ROOT_KEYS_FILE": ("encryption", "root_keys_file"),
}
"""Names without prefix; `CREATORVAULT_<SECTION>__<NAME>` of the same setting overrides them."""

BETTER_AUTH: Final = (
    "BETTER_AUTH_SECRET",
    "BETTER_AUTH_URL",
    "BETTER_AUTH_AUDIENCE",
    "BETTER_AUTH_JWKS_URL",
    "BETTER_AUTH_ALGORITHMS",
)

SERVICE_LINK: Final = re.compile(r"CREATORVAULT_(SERVICE_(HOST|PORT.*)|PORT_\d+_(TCP|UDP).*)")
"""Variables that Kubernetes sets in every container for a service named creatorvault."""


def lay_over(tree: Tree, environ: Mapping[str, str], known: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Applies the environment to `tree`, and returns problems of variable names."""
    given = {name: text.strip() for name, text in environ.items() if text.strip()}
    paths = {**DEPLOYED, **dict(known)}
    problems = [
        f"{name} is not a setting; the nearest is {nearest(name, list(paths))}"
        for name, text in given.items()
        if name.startswith(PREFIX) and name not in paths and not _is_service_link(name, text)
    ]
    for name, path in paths.items():
        if name in given:
            put(tree, path, name, given[name].upper() if path == ("logging", "level") else given[name])
    problems += _lay_better_auth_over(tree, given)
    return problems


def _is_service_link(name: str, text: str) -> bool:
    return bool(SERVICE_LINK.fullmatch(name)) or (name == "CREATORVAULT_PORT" and "://" in text)


def _lay_better_auth_over(tree: Tree, given: Mapping[str, str]) -> list[str]:
    """A shared secret and an address each add an issuer; both may be set during a migration."""
    auth = cast("Tree", tree.setdefault("auth", {}))
    stated = auth.get("issuers", [])
    if not isinstance(stated, list):
        return []  # not a list of issuers; validation reports that
    issuers = list(stated)
    for issuer in issuers:
        variable = issuer.get("secret_variable")
        if isinstance(variable, Given) and isinstance(variable.value, str) and variable.value in given:
            put(issuer, ("secret",), variable.value, given[variable.value])
    if secret := given.get("BETTER_AUTH_SECRET"):
        issuers.append(_issuer("BETTER_AUTH_SECRET", name="shared-secret", kind="shared-secret", secret=secret))
    problems = []
    if url := given.get("BETTER_AUTH_URL"):
        try:
            issuers.append(_better_auth(normal_address(url), given))
        except ValueError as error:
            problems = [f"BETTER_AUTH_URL: {error}"]
    else:
        problems = [f"{name} says nothing without BETTER_AUTH_URL" for name in BETTER_AUTH[2:] if name in given]
    if issuers:
        auth["issuers"] = issuers
    return problems


def _better_auth(url: str, given: Mapping[str, str]) -> Tree:
    """Better Auth sets iss and aud to the origin of its base URL, as normalised by `new URL`."""
    origin = origin_of(url)
    return _issuer(
        "BETTER_AUTH_URL",
        name="better-auth",
        kind="jwks",
        issuer=origin,
        audiences=given.get("BETTER_AUTH_AUDIENCE", origin),
        jwks_url=given.get("BETTER_AUTH_JWKS_URL", f"{url.rstrip('/')}/api/auth/jwks"),
        algorithms=given.get("BETTER_AUTH_ALGORITHMS", "EdDSA"),
    )


def _issuer(variable: str, **texts: str) -> Tree:
    return {name: Given(text, variable, from_file=False) for name, text in texts.items()}
