"""Invalid values for each type of setting and of command argument."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_origin

import msgspec
import rich_click as click

from creatorvault.management.commands.words import Words
from creatorvault.settings.secret import Secret
from creatorvault.transfer.fastapi.parameters import DatabaseAddress, OutputFile

HIDDEN: Final = "hunter2"
"""Part of every secret here: no output may contain it."""

UNSHOWN: Final = ("a\0b", "a\x1b[31mb", "a\x07b", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\udcffb", "a\ud800b")
LONG: Final = "x" * 100_000
TEXTS: Final = (*UNSHOWN, LONG)
WHOLE: Final = ("x", "1.5", "1e3x", "nan", "inf", "0x10", "1_000", "١", "--1", "1 000", str(10**30), str(-(10**30)))
NUMBERS: Final = ("x", "nan", "inf", "-inf", "-1", "1e400", "0x10", "1,5", "--1", "1.5.2", "1e9", "5 s")
TRUTHS: Final = ("yes", "no", "2", "-1", "tru", "10", "null", "[]", "{}", "1.0", "on ly", "wahr")
CHOICES: Final = ("x", "nonsense", "-1", "[]", "{}", "null", "true", "1", "a b", "'", '"')
HOSTS: Final = ("a b", "http://x", "a.example:80", "[::1]", "/x", "a/b", "a,b", "*", "-a", "münchen", "a@b", "h" * 300)
FILES: Final = ("/nowhere/keys", "/", "/tmp", "/dev/null", "/dev/zero", "/dev/stdin", "~", ".", "..", "/proc")
FOLDERS: Final = ("/nowhere/report", "/", "/tmp", ".", "..")
ORIGINS: Final = ("x", "app.example", "ftp://a.example", "https://", "https:///x", "https://a.example/x", "//a.example")
NETWORKS: Final = (
    "x",
    "10.0.0.1/8",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "10.0.0",
    "fd00::/129",
    "a.example",
    "10.0.0.0/-1",
)
TABLES: Final = (
    "x",
    "{",
    "[{",
    "[1]",
    '["a"]',
    "[[]]",
    "[1.5]",
    "null",
    "1",
    "[" * 50_000,
)
URLS: Final = (
    f"mysql://app:{HIDDEN}@db.example/x",
    f"app:{HIDDEN}",
    f"postgresql://app:{HIDDEN}@db.example",
    f"postgresql://app:{HIDDEN}@db.example:0/x",
    f"postgresql://app:{HIDDEN}@db.example:99999999999/x",
    f"postgresql://app:{HIDDEN}@db.example:port/x",
    f"postgresql://app:{HIDDEN}@[::1/x",
    f"postgresql://app:{HIDDEN}@a,,b/x",
    f"postgresql://app:{HIDDEN}@db.example/x?{HIDDEN}",
    f"postgresql://app:{HIDDEN}@db.example/x?sslmode={HIDDEN}",
    f"postgresql://app:{HIDDEN}%00@db.example/x",
    f"postgresql://app:{HIDDEN}#@db.example/x",
)
STORAGES: Final = (
    f"http://:{HIDDEN}@cache.example",
    f":{HIDDEN}@cache.example",
    f"redis://:{HIDDEN}@",
    f"redis://:{HIDDEN}@cache.example:0",
    f"redis://:{HIDDEN}@cache.example:99999",
    f"redis://:{HIDDEN}@cache.example:port",
    f"redis://:{HIDDEN}@cache.example/x",
    f"redis://:{HIDDEN}@cache.example/99999999999",
    f"redis://:{HIDDEN}@[::1",
    f"redis://:{HIDDEN}@cache.example?timeout=1",
    f"rediss://:{HIDDEN}@cache.example?ssl_cert_reqs=perhaps",
    f"unix://:{HIDDEN}@",
)
KEYS: Final = ("x", f"one:{HIDDEN}", "one:", ":", "one:AAAA", f"{HIDDEN}::", "ONE:" + "A" * 43 + "=", "one:" + "A" * 42)
TOKENS: Final = ("x", HIDDEN, HIDDEN * 4, "0", "true", "a b c", "ä" * 15, "[]", "{}", "1" * 31)

SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "database.url": URLS,
    "database.owner_url": URLS,
    "database.operator_url": URLS,
    "database.replica_url": URLS,
    "database.listen_url": URLS,
    "database.operator_replica_url": URLS,
    "limits.storage_url": STORAGES,
    "metrics.token": TOKENS,
}
OF_ITS_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "encryption.root_keys_file": FILES,
    "server.host": HOSTS,
    "metrics.host": HOSTS,
    "server.allowed_origins": ORIGINS,
    "limits.trusted_proxies": NETWORKS,
}

# As in the file. No string among them is a path, a name or a duration.
TOML: Final[Mapping[object, tuple[str, ...]]] = {
    int: ('"x"', '"1"', '""', "1.5", "nan", "-inf", "true", "[1]", "{a = 1}", "1979-05-27", "1" + "0" * 30, "[[[]]]"),
    float: ('"x"', '"1"', '""', "nan", "inf", "-inf", "-1", "0", "true", "[1]", "{a = 1}", "07:32:00", "1" + "0" * 30),
    bool: ('"x"', '"true"', '""', "0", "1", "1.5", "nan", "[true]", "{a = 1}", "1979-05-27", "1" + "0" * 30, "[]"),
    str: ("1", "1.5", "nan", "true", "[]", '["a"]', "{a = 1}", "1979-05-27", '"a\\u0000b"', '"a\\u001Bb"', f'"{LONG}"'),
    tuple: ("1", "1.5", "nan", "true", '"a"', "[1]", "[1.5]", "[true]", "{a = 1}", '["a\\u0000b"]', "[[]]"),
}


def plain(kind: object) -> object:
    """Returns the type without bounds, alias and None."""
    while True:
        if hasattr(kind, "__value__"):
            kind = kind.__value__
        elif hasattr(kind, "__metadata__"):
            kind = get_args(kind)[0]
        elif type(None) in get_args(kind):
            kind = next(part for part in get_args(kind) if part is not type(None))
        else:
            return kind


def bounds(kind: object) -> Iterator[str]:
    """Returns values just below the minimum and just above the maximum."""
    for part in (kind, *get_args(kind)):
        for meta in getattr(getattr(part, "__value__", part), "__metadata__", ()):
            if isinstance(meta, msgspec.Meta):
                yield from (str(bound) for bound in (meta.ge and meta.ge - 1, meta.le and meta.le + 1) if bound)


def of_setting(path: str, kind: object) -> tuple[str, ...]:
    """Returns values for the environment, without blank ones, which count as unset."""
    found = plain(kind)
    if path in SECRETS or path in OF_ITS_OWN:
        return (*TEXTS, *SECRETS.get(path, ()), *OF_ITS_OWN.get(path, ()))
    if found in {int, float, bool}:
        return (*{int: WHOLE, float: NUMBERS, bool: TRUTHS}[found], *bounds(kind))
    if get_origin(found) is tuple and isinstance(get_args(found)[0], type) and get_args(found)[0] is not str:
        return TABLES
    if found is Secret or get_origin(found) is tuple or found is str or getattr(found, "__name__", "") == "Path":
        return TEXTS
    return (*CHOICES, *TEXTS)


def of_file(kind: object) -> tuple[str, ...]:
    found = plain(kind)
    if get_origin(found) is tuple:
        return TOML[tuple]
    return TOML[found] if found in {int, float, bool} else TOML[str]


def of_parameter(parameter: click.Parameter, files: Mapping[str, str]) -> tuple[str, ...]:  # noqa: PLR0911 - a table
    """Returns values for an option or an argument; for a flag, values given with `=`."""
    kind: Any = parameter.type
    if isinstance(kind, Words):
        return ("", " ", "\t", "a\nb", "a\rb", *UNSHOWN, LONG)
    if isinstance(kind, DatabaseAddress | OutputFile):
        return ("", " ", *UNSHOWN, *(URLS if isinstance(kind, DatabaseAddress) else (*FOLDERS, LONG)))
    if isinstance(kind, click.IntRange):
        assert kind.min is not None, parameter
        assert kind.max is not None, parameter
        beyond = [str(kind.min - 1), str(kind.max + 1)]
        return ("", " ", "x", "1.5", "1e3", "nan", "inf", "0x10", "--1", "1 000", str(10**30), *beyond)
    if isinstance(kind, click.Choice):
        return ("", *CHOICES)
    if kind is click.UUID or isinstance(kind, click.Tuple):
        return ("", " ", "ada", "0", "{}", "0" * 31, "0" * 33, "g" * 32, "urn:uuid:", "a\nb", *UNSHOWN, LONG)
    if isinstance(kind, click.Path):
        return ("", "/nowhere", "/", "/tmp", "a\udcffb", LONG, *files.values())
    assert getattr(parameter, "is_flag", False), parameter
    return ("", *TRUTHS)
