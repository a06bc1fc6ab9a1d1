"""Settings, and the messages for invalid ones."""

import base64
import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.settings.environment import DEPLOYED
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError, variables
from creatorvault.settings.secret import MASK, Secret
from creatorvault.settings.sections import Environment, Settings

type Tree = dict[str, Any]

LONG = "k" * 16 + "0123456789abcdef"
ROOT_KEY = f"one:{base64.b64encode(bytes(32)).decode()}"
SECRET = {
    ("database", "url"): "DATABASE_URL",
    ("database", "owner_url"): "DATABASE_OWNER_URL",
    ("database", "operator_url"): "DATABASE_OPERATOR_URL",
    ("database", "replica_url"): "DATABASE_REPLICA_URL",
    ("database", "listen_url"): "DATABASE_LISTEN_URL",
    ("database", "operator_replica_url"): "DATABASE_OPERATOR_REPLICA_URL",
    ("encryption", "root_keys"): "CREATORVAULT_ROOT_KEYS",
    ("encryption", "root_keys_file"): "CREATORVAULT_ROOT_KEYS_FILE",
    ("encryption", "pseudonym_key"): "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY",
    ("encryption", "transit_token"): "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN",
    ("limits", "storage_url"): "CREATORVAULT_LIMITS__STORAGE_URL",
    ("metrics", "token"): "CREATORVAULT_METRICS__TOKEN",
}
"""Settings that only the environment provides; the path of the key file belongs to the keys."""

PRODUCTION = {
    "CREATORVAULT_ENV": "production",
    "DATABASE_URL": "postgresql://app:hunter2@db.example/creatorvault",
    "BETTER_AUTH_SECRET": LONG,
    "CREATORVAULT_ROOT_KEYS": ROOT_KEY,
}


def problems(environ: dict[str, str], file: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, file)
    return list(caught.value.problems)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "litestar.toml"


@pytest.fixture
def explained() -> Tree:
    """Returns the committed file without commenting out; of a list of tables, the first."""
    lines = Path("litestar.toml").read_text(encoding="utf-8").splitlines()
    return tomllib.loads("\n".join(re.sub(r"^# (?=\w+ = |\[\[)", "", line) for line in lines))


def test_without_an_environment_the_committed_file_gives_the_defaults(toml: Path) -> None:
    settings = load_settings({})

    toml.touch()
    assert settings == load_settings({}, Path("litestar.toml")) == load_settings({}, toml)
    assert settings.environment is Environment.DEVELOPMENT
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.home == Path.cwd() / ".creatorvault"


@pytest.mark.parametrize("path", [path for _, path in variables(Settings) if path not in SECRET], ids=".".join)
def test_the_committed_file_has_every_setting_that_is_not_secret(explained: Tree, path: tuple[str, ...]) -> None:
    """With the default, or an example if there is no default."""
    shown, default = explained, msgspec.json.decode(msgspec.json.encode(Settings(), enc_hook=str))
    for name in path:
        shown, default = shown[name], default[name]

    assert default in (None, []) or shown == default


@pytest.mark.parametrize(("path", "variable"), SECRET.items(), ids=SECRET.values())
def test_the_committed_file_names_the_variable_of_each_secret(
    explained: Tree, path: tuple[str, ...], variable: str
) -> None:
    section = Path("litestar.toml").read_text(encoding="utf-8").partition(f"[{path[0]}]\n")[2].partition("\n[")[0]

    assert re.search(rf"\b{variable}\b", section)
    assert path[1] not in explained[path[0]]
    assert variable in {*DEPLOYED, *dict(variables(Settings))}


def test_no_other_setting_is_secret(toml: Path) -> None:
    sections: dict[str, str] = {}
    for _, (section, *name) in variables(Settings):
        if name:
            sections[section] = sections.get(section, f"[{section}]\n") + f'{name[0]} = "x"\n'
    toml.write_text("".join(sections.values()))

    refused = re.findall(r"litestar\.toml: (\w+)\.(\w+) is a secret", "\n".join(problems({}, toml)))
    assert {*refused, ("encryption", "root_keys_file")} == set(SECRET)


def test_the_environment_overrides_the_file(toml: Path) -> None:
    toml.write_text("[server]\nport = 9000\nworkers = 3\n")

    settings = load_settings({"CREATORVAULT_SERVER__PORT": "9001"}, toml)

    assert (settings.server.port, settings.server.workers) == (9001, 3)


def test_the_long_name_overrides_the_short_one() -> None:
    assert load_settings({"PORT": "1", "CREATORVAULT_SERVER__PORT": "2"}).server.port == 2


@pytest.mark.parametrize("variable", ["HOST", "PORT", "DATABASE_URL", "CREATORVAULT_ENV", "BETTER_AUTH_SECRET"])
def test_an_empty_variable_counts_as_unset(variable: str) -> None:
    assert load_settings({variable: " "}) == load_settings({})


def test_the_names_without_prefix_are_supported() -> None:
    settings = load_settings(
        {
            "HOST": "0.0.0.0",
            "PORT": "80",
            "LOG_LEVEL": "debug",
            "ALLOWED_ORIGINS": "https://a.example/, https://b.example:8443,",
            "CREATORVAULT_HOME": "/srv/vault",
        }
    )

    assert (settings.server.host, settings.server.port, settings.logging.level) == ("0.0.0.0", 80, "DEBUG")
    assert settings.server.allowed_origins == ("https://a.example", "https://b.example:8443")
    assert settings.home == Path("/srv/vault")


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("CREATORVAULT_SERVRE__PORT", "CREATORVAULT_SERVER__PORT"),
        ("CREATORVAULT_ROOT_KEY", "CREATORVAULT_ROOT_KEYS"),
        ("CREATORVAULT_ENVIRONMENT_", "CREATORVAULT_ENVIRONMENT"),
    ],
)
def test_an_unknown_variable_is_an_error_that_names_the_nearest(variable: str, nearest: str) -> None:
    assert problems({variable: "1"}) == [f"{variable} is not a setting; the nearest is {nearest}"]


def test_an_unknown_name_in_the_file_is_an_error_that_names_the_nearest(toml: Path) -> None:
    toml.write_text("[server]\nprot = 1\n[databse]\n")

    assert problems({}, toml) == [
        "databse is not a setting; the nearest is database",
        "server.prot is not a setting; the nearest is server.port",
    ]


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("CREATORVAULT_SERVICE_HOST", "10.0.0.1"),
        ("CREATORVAULT_SERVICE_PORT_HTTP", "80"),
        ("CREATORVAULT_PORT", "tcp://10.0.0.1:80"),
        ("CREATORVAULT_PORT_80_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_variables_of_kubernetes_for_a_service_of_this_name_are_ignored(variable: str, text: str) -> None:
    assert load_settings({variable: text}) == load_settings({})


def test_a_port_under_a_wrong_name_is_not_mistaken_for_kubernetes() -> None:
    assert "CREATORVAULT_PORT is not a setting" in problems({"CREATORVAULT_PORT": "80"})[0]


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("PORT", "http", "PORT: Expected `int`, got `str`"),
        ("PORT", "0", "PORT: Expected `int` >= 1"),
        ("CREATORVAULT_SERVER__BEHIND_TLS", "perhaps", "CREATORVAULT_SERVER__BEHIND_TLS: Expected `bool`, got `str`"),
        ("CREATORVAULT_ENV", "staging", "CREATORVAULT_ENV: Invalid enum value 'staging'"),
        ("CREATORVAULT_AUTH__ISSUERS", "[{", "CREATORVAULT_AUTH__ISSUERS: Expected `array`, got `str`"),
        ("CREATORVAULT_AUTH__ISSUERS", "[1]", "CREATORVAULT_AUTH__ISSUERS: Expected `array`, got `str`"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_its_variable(variable: str, text: str, problem: str) -> None:
    assert problems({variable: text}) == [problem]


@pytest.mark.parametrize("text", ["nan", "-1", "inf", "1e9"])
def test_durations_are_finite_and_positive(text: str) -> None:
    assert len(problems({"CREATORVAULT_DATABASE__CONNECT_SECONDS": text})) == 1


def test_a_file_that_is_not_toml_is_named(toml: Path) -> None:
    toml.write_text("[server\n")

    assert problems({}, toml)[0].startswith(f"{toml}: ")


def test_a_missing_file_is_named(toml: Path) -> None:
    assert problems({}, toml) == [f"{toml}: No such file or directory"]


def test_a_table_instead_of_a_value_is_named(toml: Path) -> None:
    toml.write_text("[server.port]\nnumber = 1\n[[search]]\nslice_rows = 1\n")

    assert problems({}, toml) == ["server.port is no place for a table", "search is no place for a table"]


def test_a_value_instead_of_a_section_is_named(toml: Path) -> None:
    toml.write_text("server = 1\nhome = 2\n")

    found = problems({}, toml)

    assert any(problem.startswith("litestar.toml: server: ") for problem in found)
    assert "litestar.toml: home: Expected text" in found


def test_a_secret_in_the_file_is_refused_without_being_repeated(toml: Path) -> None:
    toml.write_text('[database]\nurl = "postgresql://app:hunter2@db/x"\n')

    assert problems({}, toml) == [
        "litestar.toml: database.url is a secret, and the file is not: give it in the environment"
    ]


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"]
)
def test_every_form_of_a_database_address_is_normalised(scheme: str) -> None:
    settings = load_settings({"DATABASE_URL": f"{scheme}://u:p%40ss@db.example:6432/ideas?sslmode=require"})

    assert settings.database.url == Secret("postgresql+asyncpg://u:p%40ss@db.example:6432/ideas?sslmode=require")
    assert settings.database.owner_url == settings.database.url


def test_parameters_of_hosted_databases_are_accepted() -> None:
    url = "postgres://u:p@db.example/ideas?sslmode=verify-full&channel_binding=require&connect_timeout=10"

    settings = load_settings({"DATABASE_URL": url})

    assert settings.database.url == Secret("postgresql+asyncpg://u:p@db.example/ideas?sslmode=verify-full")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://u:hunter2@db/x", "must begin with one of"),
        ("hunter2", "is not an address like"),
        ("postgresql://u:hunter2@db:port/x", "has a port that is none"),
        ("postgresql://u:hunter2@db", "names no database"),
        ("postgresql://u:hunter2@db/x?sslmode=hunter2", "has an sslmode that is none of"),
        ("postgresql://u:hunter2@db/x?sslrootcerts=a", "has parameters that are not understood: sslrootcerts"),
    ],
)
def test_a_database_address_is_refused_without_being_repeated(url: str, problem: str) -> None:
    found = problems({"DATABASE_URL": url, "DATABASE_OWNER_URL": url})

    assert len(found) == 2
    assert found[0].startswith(f"DATABASE_URL {problem}")
    assert "hunter2" not in "".join(found)


def test_an_owner_without_a_runtime_login_is_refused() -> None:
    assert problems({"DATABASE_OWNER_URL": "postgres://o@db/x"}) == [
        "DATABASE_OWNER_URL says nothing without DATABASE_URL"
    ]


def test_an_operators_replica_is_that_of_one_server_with_an_operators_login() -> None:
    alone = {"DATABASE_OPERATOR_REPLICA_URL": "postgres://o@standby/x"}
    without = alone | {"DATABASE_URL": "postgres://a@db/x"}
    complete = without | {"DATABASE_OPERATOR_URL": "postgres://o@db/x"}

    assert problems(alone) == ["DATABASE_OPERATOR_REPLICA_URL says nothing without DATABASE_URL"]
    assert problems(without) == ["DATABASE_OPERATOR_REPLICA_URL says nothing without DATABASE_OPERATOR_URL"]
    assert load_settings(complete).database.operator_replica_url is not None
    [problem] = problems(complete | {"CREATORVAULT_DATABASE__DISTRIBUTED": "true"})
    assert problem.startswith("DATABASE_OPERATOR_REPLICA_URL: a standby of the coordinator")


def test_a_console_needs_a_login_for_operators_a_port_of_its_own_and_tls_in_production() -> None:
    enabled = {"CREATORVAULT_CONSOLE__ENABLED": "true"}
    database = {"DATABASE_URL": "postgres://a@db/x"}
    complete = enabled | database | {"DATABASE_OPERATOR_URL": "postgres://o@db/x"}

    assert problems(enabled | database) == ["console.enabled says nothing without DATABASE_OPERATOR_URL"]
    assert not load_settings({"CREATORVAULT_CONSOLE__PORT": "8000"}).console.enabled
    assert problems(complete | {"CREATORVAULT_CONSOLE__PORT": "8000"}) == [
        "console.port 8000 is the service's own port"
    ]
    assert load_settings(enabled).console.enabled, "development has its own database"
    assert load_settings(complete | {"CREATORVAULT_CONSOLE__PORT": "8001"}).console.port == 8001
    in_production = problems(complete | {"CREATORVAULT_ENV": "production"})
    assert "console.enabled needs server.behind_tls: without TLS anybody on the way could take over a session" in (
        in_production
    )


def test_the_shared_secret_adds_an_issuer() -> None:
    (issuer,) = load_settings({"BETTER_AUTH_SECRET": LONG}).auth.issuers

    assert (issuer.name, issuer.kind, issuer.secret) == ("shared-secret", "shared-secret", Secret(LONG))


def test_the_address_of_better_auth_adds_a_second_issuer() -> None:
    shared, published = load_settings(
        {"BETTER_AUTH_SECRET": LONG, "BETTER_AUTH_URL": "https://Auth.Example:443/base/"}
    ).auth.issuers

    assert shared.realm == published.realm == "better-auth"
    assert published.issuer == "https://auth.example"
    assert published.audiences == ("https://auth.example",)
    assert published.jwks_url == "https://auth.example/base/api/auth/jwks"
    assert published.algorithms == ("EdDSA",)


def test_audience_keys_and_algorithms_of_better_auth_can_be_set() -> None:
    (issuer,) = load_settings(
        {
            "BETTER_AUTH_URL": "http://localhost:3000",
            "BETTER_AUTH_AUDIENCE": "api, web",
            "BETTER_AUTH_JWKS_URL": "http://127.0.0.1:3000/keys",
            "BETTER_AUTH_ALGORITHMS": "ES256,RS256",
            "CREATORVAULT_ENV": "",
        }
    ).auth.issuers

    assert (issuer.audiences, issuer.algorithms) == (("api", "web"), ("ES256", "RS256"))
    assert issuer.jwks_url == "http://127.0.0.1:3000/keys"


def test_settings_of_better_auth_without_its_address_are_refused() -> None:
    assert problems({"BETTER_AUTH_AUDIENCE": "api"}) == ["BETTER_AUTH_AUDIENCE says nothing without BETTER_AUTH_URL"]


def test_issuers_in_the_file_read_their_secret_from_the_named_variable(toml: Path) -> None:
    toml.write_text('[[auth.issuers]]\nname = "a"\nkind = "shared-secret"\nsecret_variable = "A_SECRET"\n')

    (issuer,) = load_settings({"A_SECRET": LONG}, toml).auth.issuers

    assert issuer.secret == Secret(LONG)
    assert problems({}, toml) == ["issuer a: A_SECRET is not set: a shared secret is needed"]


def test_issuers_can_be_given_as_json() -> None:
    text = (
        '[{"name": "a", "kind": "jwks", "issuer": "https://a.example", "audiences": ["x"],'
        ' "jwks_url": "https://a.example/keys", "algorithms": ["ES256"]}]'
    )

    (issuer,) = load_settings({"CREATORVAULT_AUTH__ISSUERS": text}).auth.issuers

    assert (issuer.name, issuer.audiences) == ("a", ("x",))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('kind = "shared-secret"', "auth.issuers[0].name is missing"),
        ('name = "a"\nkind = "saml"', "litestar.toml: auth.issuers[0].kind: Invalid enum value 'saml'"),
        ('name = "a"\nkind = "jwks"', "issuer a: issuer is missing"),
        ('name = "a"\nkind = "jwks"', "issuer a: audiences are missing"),
        ('name = "a"\nkind = "jwks"', "issuer a: algorithms are missing"),
        ('name = "a"\nkind = "jwks"\nalgorithms = ["HS256"]', "issuer a: algorithms HS256 are none of"),
        ('name = "a"\nkind = "jwks"\nissuer = "a.example"', "issuer a: issuer 'a.example' is not an address"),
        (
            'name = "a"\nkind = "jwks"\njwks_url = "https://u:p@a.example"',
            "issuer a: jwks_url holds a user or password",
        ),
        ('name = "a"\nkind = "shared-secret"\nalgorithms = ["none"]', "issuer a: a shared secret signs HS256 only"),
    ],
)
def test_an_unsafe_issuer_is_refused(toml: Path, fields: str, problem: str) -> None:
    toml.write_text(f"[[auth.issuers]]\n{fields}\n")

    assert any(found.startswith(problem) for found in problems({}, toml))


def test_two_issuers_of_one_name_are_refused(toml: Path) -> None:
    toml.write_text('[[auth.issuers]]\nname = "shared-secret"\nkind = "shared-secret"\nsecret_variable = "S"\n')

    assert problems({"S": LONG, "BETTER_AUTH_SECRET": LONG}, toml) == [
        "issuer shared-secret: two issuers have this name"
    ]


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_short_secret_is_refused_everywhere_and_not_repeated(environment: str) -> None:
    found = problems({**PRODUCTION, "CREATORVAULT_ENV": environment, "BETTER_AUTH_SECRET": "hunter2"})

    assert found == ["issuer shared-secret: its secret has 7 bytes, and needs at least 32"]


def test_the_length_of_a_secret_is_counted_in_bytes() -> None:
    assert load_settings({"BETTER_AUTH_SECRET": "ß" * 16}).auth.issuers


@pytest.mark.parametrize("environment", ["development", "production"])
def test_every_origin_together_with_credentials_is_refused_everywhere(environment: str) -> None:
    found = problems({**PRODUCTION, "CREATORVAULT_ENV": environment, "ALLOWED_ORIGINS": "*"})

    assert found == ["ALLOWED_ORIGINS: * together with credentials would let every site act for its visitors"]


def test_every_origin_without_credentials_is_only_for_development() -> None:
    environ = {"ALLOWED_ORIGINS": "*", "CREATORVAULT_SERVER__ALLOW_CREDENTIALS": "false"}

    assert load_settings(environ).server.allowed_origins == ("*",)
    assert problems({**PRODUCTION, **environ}) == ["ALLOWED_ORIGINS: * is not for production: list the front ends"]


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/path", "ftp://app.example", "null"])
def test_an_invalid_origin_is_refused(origin: str) -> None:
    assert problems({"ALLOWED_ORIGINS": origin}) == [
        f"ALLOWED_ORIGINS: {origin!r} is not an origin like https://app.example.com"
    ]


def test_production_starts_when_it_is_safe() -> None:
    assert load_settings(PRODUCTION).environment is Environment.PRODUCTION


def test_production_lists_all_missing_and_unsafe_settings_at_once() -> None:
    found = problems({"CREATORVAULT_ENV": "production", "PORT": "x", "CREATORVAULT_X": "1", "ALLOWED_ORIGINS": "*"})

    assert [problem.split()[0] for problem in found] == [
        "CREATORVAULT_X",
        "PORT:",
        "ALLOWED_ORIGINS:",
        "DATABASE_URL",
        "neither",
        "neither",
    ]


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://auth.example", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("http://auth.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_keys_are_fetched_over_plain_http_only_from_loopback(url: str, accepted: bool) -> None:
    environ = {**PRODUCTION, "BETTER_AUTH_URL": url}

    if accepted:
        assert len(load_settings(environ).auth.issuers) == 2
    else:
        assert all("plain http" in problem for problem in problems(environ))
    assert len(load_settings({"BETTER_AUTH_URL": url}).auth.issuers) == 1


def test_root_keys_are_read_from_one_place() -> None:
    found = problems({"CREATORVAULT_ROOT_KEYS": ROOT_KEY, "CREATORVAULT_ROOT_KEYS_FILE": "/nowhere/keys"})

    assert found == [
        "both CREATORVAULT_ROOT_KEYS and CREATORVAULT_ROOT_KEYS_FILE are set: which one holds?",
        "CREATORVAULT_ROOT_KEYS_FILE: /nowhere/keys: No such file or directory",
    ]


@pytest.mark.parametrize(
    ("mode", "content", "problem"),
    [
        (0o600, ROOT_KEY.encode(), None),
        (0o640, ROOT_KEY.encode(), None),
        (0o644, ROOT_KEY.encode(), "everybody may open"),
        (0o600, b" \n", "is empty"),
        (0o600, b"\xff", "is not text"),
    ],
)
def test_a_key_file_must_be_private_text(tmp_path: Path, mode: int, content: bytes, problem: str | None) -> None:
    file = tmp_path / "keys"
    file.write_bytes(content)
    file.chmod(mode)
    environ = {"CREATORVAULT_ROOT_KEYS_FILE": str(file)}

    if problem is None:
        assert load_settings(environ).encryption.root_keys_file == file
    else:
        assert problem in problems(environ)[0]


def test_a_wheel_reads_the_working_directory_before_its_own_file(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = toml.parent / "bundled"
    wheel.mkdir()
    (wheel / "litestar.toml").write_text("[server]\nport = 9001\n")
    toml.write_text("[server]\nport = 9000\n")
    monkeypatch.chdir(toml.parent)
    monkeypatch.setattr("creatorvault.settings.bundled.BUNDLED", wheel)

    assert load_settings({}).server.port == 9000
    toml.unlink()
    assert load_settings({}).server.port == 9001
    (wheel / "litestar.toml").unlink()
    assert load_settings({}).server.port == 8000


def test_a_checkout_reads_its_own_file_before_the_working_directory(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml.write_text("[server]\nport = 9000\n")
    monkeypatch.chdir(toml.parent)
    assert load_settings({}).server.port == 8000

    monkeypatch.setattr("creatorvault.settings.bundled.PACKAGE", Path("/nowhere/creatorvault"))
    assert load_settings({}).server.port == 9000


@given(st.text(min_size=1).filter(lambda text: text.isprintable() and text not in repr(MASK) + "Secret()"))
def test_a_secret_is_shown_only_by_reveal(text: str) -> None:
    secret = Secret(text)

    assert (repr(secret), str(secret), f"{secret}") == (f"Secret({MASK!r})", MASK, MASK)
    assert secret.reveal() == text
    assert secret == Secret(text)
    assert hash(secret) == hash(Secret(text))
    assert secret != text


def test_a_secret_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(LONG))


def test_settings_can_be_printed() -> None:
    shown = repr(load_settings(PRODUCTION))

    assert not any(secret in shown for secret in ("hunter2", LONG, ROOT_KEY))


def test_an_empty_secret_counts_as_none() -> None:
    assert not Secret("")
