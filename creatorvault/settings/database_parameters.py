"""The parameters of a PostgreSQL address: those of libpq (PostgreSQL documentation, 32.1.2) that asyncpg supports.

A parameter that requests the driver's default behaviour is omitted. Unsupported parameters are refused.
"""

from collections.abc import Mapping
from typing import Final

SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
CERTAIN: Final = ("require", "verify-ca", "verify-full")
CERTIFICATES: Final = ("sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl")
VERSIONS: Final = ("TLSv1.2", "TLSv1.3")
ATTRIBUTES: Final = ("any", "read-write", "primary")

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "sslmode": SSL_MODES,
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": VERSIONS,
    "ssl_max_protocol_version": VERSIONS,
    "target_session_attrs": ATTRIBUTES,
}
FREE: Final = frozenset({"application_name", "options", "passfile", *CERTIFICATES})

NEEDLESS: Final[Mapping[str, tuple[str, ...]]] = {
    "channel_binding": ("disable", "prefer", "require"),
    "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    "gssencmode": ("disable", "prefer"),
    "load_balance_hosts": ("disable",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
"""The driver's defaults, and channel binding, which it does not support: `sslmode=verify-full` replaces it."""

ADVICE: Final[Mapping[str, str]] = {
    "hostaddr": "write the address as the host",
    "service": "write out what the service file says",
    "sslcrldir": "name one file with sslcrl",
}


def parameters_of(given: Mapping[str, str], *, several_hosts: bool) -> dict[str, str]:
    """Raises ValueError, which names the parameter, without values that could be secret."""
    taken = dict(given)
    taken.pop("connect_timeout", None)  # replaced by `database.connect_seconds`
    if (ssl := taken.pop("ssl", None)) is not None:
        if "sslmode" in taken:
            raise ValueError("gives both ssl and sslmode")
        # libpq does the same for JDBC URLs.
        taken["sslmode"] = {"true": "require", "false": "disable"}.get(ssl, ssl)
    for name, choices in (*NEEDLESS.items(), *CHOICES.items()):
        if name in taken:
            _chosen(name, taken[name], choices)
    taken = {name: value for name, value in taken.items() if name not in NEEDLESS}
    _understood(taken)
    _agree(taken)
    if several_hosts:
        taken.setdefault("target_session_attrs", "read-write")
    return taken


def _understood(taken: Mapping[str, str]) -> None:
    for name, advice in ADVICE.items():
        if name in taken:
            raise ValueError(f"has a parameter that is not understood: {name}; {advice}")
    if unknown := sorted(taken.keys() - CHOICES.keys() - FREE):
        names = [name if name.isidentifier() else "one that is no name" for name in unknown]
        raise ValueError(f"has parameters that are not understood: {', '.join(names)}")


def _chosen(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        article = "an" if name[0] in "aeios" else "a"
        raise ValueError(f"has {article} {name} that is none of {', '.join(choices)}")


def _agree(taken: Mapping[str, str]) -> None:
    certain = taken.get("sslmode") in CERTAIN
    needing = [*CERTIFICATES, *(["sslnegotiation"] if taken.get("sslnegotiation") == "direct" else [])]
    for name in needing:
        if name in taken and not certain:
            raise ValueError(f"gives {name}, which counts only with an sslmode of {', '.join(CERTAIN)}")
    if "sslkey" in taken and "sslcert" not in taken:
        raise ValueError("gives sslkey without sslcert")
    if taken.get("sslrootcert") == "system" and taken.get("sslmode") != "verify-full":
        raise ValueError("gives sslrootcert=system, which counts only with sslmode=verify-full")
