"""Origins and issuers of the settings are normalised as in browsers, or refused."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creatorvault.settings.loading import load_settings
from creatorvault.settings.origins import normal_address, normal_origin, origin_of, spellings
from creatorvault.settings.reader import SettingsError

NORMALISED: Final = (
    *("https://app.example.com", "HTTPS://App.Example.COM", "https://app.example.com/", "http://app.example.com:80"),
    *("https://app.example.com:443", "https://app.example.com:0443", "https://app.example.com:", "hTTp://a.b:8080/"),
    *("https://app.example.com:80", "http://app.example.com:443", "https://app.example.com:65535", "http://localhost"),
    *("https://münchen.example", "https://MÜNCHEN.Example:443/", "https://faß.example", "https://例え.テスト"),
    *("https://xn--mnchen-3ya.example", "https://XN--MNCHEN-3YA.example", "https://ｅｘａｍｐｌｅ.com", "https://a。b"),
    *(
        "https://İstanbul.example",
        "https://a\u00adb.example",
        "https://mu\u0308nchen.example",
        "https://bücher.app:8443",
    ),
    *(
        "http://127.0.0.1:3000",
        "http://１２７.0.0.1",
        "http://1.2.3.4.",
        "http://[::1]:3000",
        "http://[0:0:0:0:0:0:0:1]",
    ),
    *("http://[2001:DB8:0:0:1:0:0:1]", "http://[1:0:0:2:0:0:0:3]", "http://[::FFFF:1.2.3.4]:80", "http://[::1.2.3.4]"),
    *("https://my_app.example", "https://app.example.com.", "https://a-.example", "https://3com.example", "https://x"),
)
REFUSED: Final = (
    *(
        "null",
        "",
        " ",
        "app.example.com",
        "//app.example.com",
        "ftp://app.example.com",
        "file:///etc",
        "https:app.example",
    ),
    *(
        "https://",
        "https:///path",
        "https://:443",
        "https://app.example.com/path",
        "https://app.example.com/?q",
        "http:\\\\a",
    ),
    *(
        "https://app.example.com//",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://u:p@app.example.com",
    ),
    *("https://*.example.com", "https://*", "*.example.com", "https://app.*.com", "https://app.example.com:*"),
    *(
        "https://app example.com",
        "https://app.example.com\t",
        "https://app\n.example.com",
        "https://app.example.com\u3000",
    ),
    *("https://app.example.com:0", "https://app.example.com:65536", "https://app.example.com:99999999999999999999"),
    *(
        "https://app.example.com:-1",
        "https://app.example.com:4x",
        "https://a:b:80",
        "https://256.1.1.1",
        "https://127.1",
    ),
    *("https://0x7f.1", "https://1.2.3", "https://a.1", "https://01.2.3.4", "http://[::1", "http://[fe80::1%25eth0]"),
    *("http://[::g]", "http://[]", "http://::1", "https://a..b", "https://.a", "https://ä..b", "https://ex%61mple.com"),
    *("https://☕.example", f"https://{'a' * 64}.example", f"https://{'a.' * 127}com", f"https://{'ä' * 300}.example"),
    *("https://a!b.example", "https://a\\b", f"https://a/{'b' * 3000}", "https://\ud800.example", "https://a,b"),
)


def what_browsers_make(addresses: tuple[str, ...]) -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on PATH")
    script = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map((text) => new URL(text).origin)))"
    done = subprocess.run([node, "-e", script, json.dumps(addresses)], capture_output=True, check=True, timeout=60)
    origins: list[str] = json.loads(done.stdout)
    return origins


def test_an_origin_becomes_what_a_browser_sends() -> None:
    assert [normal_origin(text) for text in NORMALISED] == what_browsers_make(NORMALISED)


def test_an_address_keeps_its_path_when_its_origin_is_normalised() -> None:
    paths = [f"{text.removesuffix('/')}/Realms/a%2fb/" for text in NORMALISED]

    origins = what_browsers_make(NORMALISED)
    assert [normal_address(path) for path in paths] == [f"{origin}/Realms/a%2fb/" for origin in origins]


def test_invalid_origins_are_refused_with_a_reason() -> None:
    for text in REFUSED:
        with pytest.raises(ValueError, match=r"^[^\n]*\w+ \w+ \w+[^\n]*$"):
            normal_origin(text)


hosts = st.text(st.sampled_from("aZ0äÖß☕例.-_:[]@*%\u00ad\u200d１。") | st.characters(), max_size=12)


@given(st.sampled_from(["https://", "HTTP://", ""]), hosts, st.sampled_from(["", ":443", ":80", ":8443", "/", "/x"]))
@example("https://", "MÜNCHEN.example", ":443")
def test_normalising_is_idempotent(scheme: str, host: str, rest: str) -> None:
    try:
        normal = normal_address(scheme + host + rest)
    except ValueError:
        return
    assert normal_address(normal) == normal
    assert origin_of(normal).isascii()
    assert spellings(scheme + host + rest)[-1] == normal


def problems(environ: dict[str, str], file: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ, file)
    return list(refused.value.problems)


def test_front_ends_are_recognised_by_their_normalised_origin() -> None:
    given_ = "HTTPS://App.Example.com, https://app.example.com:443/, https://münchen.example, http://[::0001]:3000"

    assert load_settings({"ALLOWED_ORIGINS": given_}).server.allowed_origins == (
        "https://app.example.com",
        "https://xn--mnchen-3ya.example",
        "http://[::1]:3000",
    )


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("https://*.example.com", "'https://*.example.com' has a wildcard: list each address"),
        ("https://u:hunter2@a.example", "holds a user or password"),
        ("https://a.example:70000", "'https://a.example:70000' has a port that is not 1 to 65535"),
        ("https://a b.example", "'https://a b.example' holds a space or a control character"),
        ("https://127.1", "'https://127.1' has a host that is neither a name nor an IP address"),
    ],
)
def test_an_invalid_origin_prevents_the_start(origin: str, reason: str) -> None:
    assert problems({"ALLOWED_ORIGINS": origin}) == [f"ALLOWED_ORIGINS: {reason}"]


def test_better_auth_is_recognised_by_its_own_issuer() -> None:
    [issuer] = load_settings({"BETTER_AUTH_URL": "HTTPS://MÜNCHEN.example:443/"}).auth.issuers

    assert issuer.issuer == "https://xn--mnchen-3ya.example"
    assert issuer.audiences == ("https://xn--mnchen-3ya.example",)
    assert issuer.jwks_url == "https://xn--mnchen-3ya.example/api/auth/jwks"


@pytest.mark.parametrize(
    "url", ["auth.example", "https://*.example", "https://a.example?x", "https://u:p@a.example", "http://[::1", "null"]
)
def test_an_invalid_address_of_better_auth_prevents_the_start(url: str) -> None:
    [problem] = problems({"BETTER_AUTH_URL": url})

    assert problem.startswith("BETTER_AUTH_URL: ")
    assert "u:p" not in problem


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('issuer = "https://*.example"', "issuer a: issuer 'https://*.example' has a wildcard"),
        ('issuer = "https://a.example/#x"', "issuer a: issuer 'https://a.example/#x' has more than a path"),
        ('issuer = "https://a.example:99999"', "issuer a: issuer 'https://a.example:99999' has a port"),
        ('jwks_url = "https://a b.example"', "issuer a: jwks_url 'https://a b.example' holds a space"),
        ('jwks_url = "https://a.example/jwks#x"', "issuer a: jwks_url 'https://a.example/jwks#x' has more than"),
        ('jwks_url = "http://[::1"', "issuer a: jwks_url 'http://[::1' has a host that is neither"),
    ],
)
def test_an_issuer_with_an_invalid_address_prevents_the_start(tmp_path: Path, fields: str, problem: str) -> None:
    file = tmp_path / "litestar.toml"
    file.write_text(
        f'[[auth.issuers]]\nname = "a"\nkind = "jwks"\naudiences = ["x"]\nalgorithms = ["EdDSA"]\n{fields}\n'
    )

    assert any(found.startswith(problem) for found in problems({}, file))


def test_keys_are_fetched_from_the_normalised_address(tmp_path: Path) -> None:
    file = tmp_path / "litestar.toml"
    file.write_text(
        '[[auth.issuers]]\nname = "a"\nkind = "jwks"\naudiences = ["x"]\nalgorithms = ["EdDSA"]\n'
        'issuer = "https://A.example/Realm/"\njwks_url = "https://MÜNCHEN.example:443/jwks?Tenant=A"\n'
    )
    [issuer] = load_settings({}, file).auth.issuers

    assert (issuer.issuer, issuer.jwks_url) == (
        "https://A.example/Realm/",
        "https://xn--mnchen-3ya.example/jwks?Tenant=A",
    )


@pytest.mark.parametrize("prefix", ["/cv", "/cv/", "/apps/creator-vault", "/~ada/v1.2"])
def test_a_valid_path_prefix_is_accepted(prefix: str) -> None:
    settings = load_settings({"CREATORVAULT_SERVER__PATH_PREFIX": prefix})

    assert settings.server.path_prefix == prefix.removesuffix("/")


@pytest.mark.parametrize(
    "prefix",
    *[
        [
            "cv",
            "//evil.example",
            "/cv//",
            "/a//b",
            "/../x",
            "/.",
            "/cv?x",
            "/cv#x",
            "/c v",
            "/cv%2F",
            "/é",
            "https://a/cv",
        ]
    ],
)
def test_an_invalid_path_prefix_prevents_the_start(prefix: str) -> None:
    [problem] = problems({"CREATORVAULT_SERVER__PATH_PREFIX": prefix})

    assert problem.startswith("server.path_prefix: ")
    assert problem.endswith("is not a path like /creatorvault")
