"""The frame of the console's pages: their headers, their language, their assets."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx
import pytest

from creatorvault.console.assets import ASSETS, HERE, NAMES
from creatorvault.console.languages import CODES, COOKIE, LOCALES
from creatorvault.console.rendering import TEMPLATES
from tests.application import House
from tests.console.browserless import SIGN_IN, Browserless
from tests.console.conftest import SignedInWith

LANGUAGE: Final = "/console/language"
LOADED: Final = re.compile(r'(?:src|href)="(/console/assets/[^"]+)"')
UNSAFE: Final = re.compile(
    r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|javascript:|hx-on|hx-vals=.js:|https?://", re.IGNORECASE
)
DIRECTIONS: Final = {"en": "ltr", "de": "ltr", "ur": "rtl"}
POLICY: Final = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def language_of(page: httpx.Response) -> str:
    [(code, direction)] = re.findall(r'<html lang="(\w+)" dir="(\w+)">', page.text)
    assert page.headers["content-language"] == code
    assert direction == DIRECTIONS[code]
    return str(code)


async def test_pages_are_kept_in_no_cache_and_load_nothing_from_elsewhere(
    browser: Browserless, signed_in: SignedInWith
) -> None:
    operator = await signed_in("read")
    pages = [await browser.get(SIGN_IN), await operator.get("/console/tenants"), await operator.get("/console/nowhere")]

    assert [page.status_code for page in pages] == [200, 200, 404]
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert set(page.headers["content-security-policy"].split("; ")) == POLICY
        assert UNSAFE.findall(page.text) == []


def test_templates_have_no_inline_script_or_style() -> None:
    for template in TEMPLATES.iterdir():
        assert UNSAFE.findall(template.read_text(encoding="utf-8")) == [], template.name


@pytest.mark.parametrize(
    "accepted, code",
    [
        ("", "en"),
        ("de", "de"),
        ("DE-ch,en;q=0.5", "de"),
        ("fr, ur;q=0.7, de;q=0.8", "de"),
        ("fr, ur-PK ; q=0.7", "ur"),
        ("de;q=0, ur;q=0.1", "ur"),
        ("fr", "en"),
        ("de;q=much", "en"),
        ("*", "en"),
        (",".join(["fr"] * 50 + ["de"]), "en"),
    ],
)
async def test_the_language_is_the_first_that_the_browser_wants(browser: Browserless, accepted: str, code: str) -> None:
    assert language_of(await browser.get(SIGN_IN, accept_language=accepted)) == code


async def test_a_language_can_be_chosen_before_the_sign_in(browser: Browserless) -> None:
    chosen = await browser.submit(SIGN_IN, LANGUAGE, {"language": "ur"})

    assert (chosen.status_code, chosen.headers["location"]) == (303, SIGN_IN)
    assert language_of(await browser.get(SIGN_IN, accept_language="de")) == "ur"


async def test_a_language_can_be_chosen_on_any_page(signed_in: SignedInWith) -> None:
    operator = await signed_in("read")
    page = "/console/tenants?status=active&sort=ideas"

    chosen = await operator.submit(page, LANGUAGE, {"language": "de"})

    assert (chosen.status_code, chosen.headers["location"]) == (303, page)
    assert language_of(await operator.get(page)) == "de"
    cookie = chosen.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=de; ")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_another_language_changes_nothing(signed_in: SignedInWith) -> None:
    operator = await signed_in("read")

    chosen = await operator.submit("/console/tenants", LANGUAGE, {"language": "tlh", "next": "//elsewhere.test"})

    assert (chosen.status_code, chosen.headers["location"]) == (303, "/console")
    assert "set-cookie" not in chosen.headers
    assert language_of(await operator.get("/console/tenants")) == "en"


async def test_a_forged_choice_of_a_language_is_refused(signed_in: SignedInWith) -> None:
    operator = await signed_in("read")

    forged = await operator.send(LANGUAGE, {"language": "de", "form_token": "0"})
    foreign = await operator.submit("/console/tenants", LANGUAGE, {"language": "de"}, sec_fetch_site="cross-site")

    assert (forged.status_code, foreign.status_code) == (403, 403)
    assert language_of(await operator.get("/console/tenants")) == "en"


async def test_an_unknown_cookie_is_ignored(browser: Browserless) -> None:
    browser.cookies.set(COOKIE, "../de")

    assert language_of(await browser.get(SIGN_IN, accept_language="de")) == "de"


async def test_the_navigation_names_the_page(signed_in: SignedInWith) -> None:
    page = (await (await signed_in("read")).get("/console/vaults?cursor=")).text

    assert re.findall(r'href="(/console/\w+)" aria-current="page"', page) == ["/console/vaults"]
    assert '<a class="skip" href="#main">' in page
    assert re.search(r"Signed in as <bdi>Olga</bdi> until <time", page)


async def test_every_asset_is_served_and_cacheable(browser: Browserless) -> None:
    loaded = LOADED.findall((await browser.get(SIGN_IN)).text)

    assert {url.rpartition("/")[2] for url in loaded} == NAMES
    for url in loaded:
        plain = await browser.get(url, accept_encoding="identity")
        assert plain.status_code == 200
        assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
        packed = await browser.get(url, accept_encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content


async def test_nothing_else_is_served_beside_the_assets(browser: Browserless) -> None:
    digest = ASSETS["console.css"].digest

    for name in (f"{digest}/README.md", f"{digest}/..%2Fassets.py", "0123456789abcdef/console.css"):
        assert (await browser.get(f"{ASSETS.path}/{name}")).status_code == 404


async def test_assets_need_the_console(house: House) -> None:
    assert (await house.client.get(ASSETS.url("console.css"))).status_code == 404


def test_the_file_of_htmx_is_the_one_whose_licence_is_named() -> None:
    content = (HERE / "htmx.min.js").read_bytes()

    noted = (HERE / "README.md").read_text(encoding="utf-8")

    assert sha256(content).hexdigest() in noted
    assert "Zero-Clause BSD" in noted
    [version] = re.findall(r"htmx\.org (2\.\d+\.\d+)", noted)
    assert f'version:"{version}"'.encode() in content


def test_there_is_a_catalogue_for_each_language() -> None:
    assert {Path(f"{code}.po") for code in CODES[1:]} == {path.relative_to(LOCALES) for path in LOCALES.iterdir()}
