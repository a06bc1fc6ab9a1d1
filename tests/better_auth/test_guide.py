"""The configuration in `docs/better-auth.md`."""

import re
import tomllib
from pathlib import Path

from creatorvault.settings.algorithms import DEFAULT_ALGORITHMS
from creatorvault.settings.loading import load_settings

GUIDE = (Path(__file__).parents[2] / "docs" / "better-auth.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_environment_in_the_guide_configures_the_issuer(no_settings: Path) -> None:
    environ = dict(line.split("=", 1) for line in blocks("sh")[0].splitlines())

    [issuer] = load_settings(environ, no_settings).auth.issuers

    assert (issuer.issuer, issuer.audiences) == ("https://app.example.com", ("https://app.example.com",))
    assert issuer.jwks_url == "https://app.example.com/api/auth/jwks"
    assert issuer.algorithms == DEFAULT_ALGORITHMS


def test_the_long_form_in_the_guide_is_equivalent(tmp_path: Path) -> None:
    file = tmp_path / "litestar.toml"
    file.write_text(blocks("toml")[0], encoding="utf-8")

    [long_form] = load_settings({}, file).auth.issuers

    assert long_form.admin_roles == ("admin",)
    assert set(tomllib.loads(blocks("toml")[0])["auth"]["issuers"][0]) <= set(long_form.__struct_fields__)
