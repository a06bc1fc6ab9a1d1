"""`/try` and its files over HTTP: their headers, and that production has none of them."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx
import pytest

import creatorvault.tryout
from tests.application import House

ASSETS: Final = Path(creatorvault.tryout.__file__).parent / "assets"
NAMES: Final = sorted(file.name for file in ASSETS.iterdir() if file.name != "index.html")
MOST_LINES: Final = 800


def policy(answer: httpx.Response) -> dict[str, str]:
    directives = (each.strip().partition(" ") for each in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in directives}


async def test_the_page_is_public_and_may_load_only_from_this_service(client: httpx.AsyncClient) -> None:
    answer = await client.get("/try")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    allowed = policy(answer)
    assert allowed["default-src"] == allowed["base-uri"] == allowed["form-action"] == "'none'"
    assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == "'self'"
    assert allowed["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_the_page_has_no_inline_script_no_style_and_no_other_host(client: httpx.AsyncClient) -> None:
    html = (await client.get("/try")).text

    assert re.findall(r"<script[^>]*>([^<]*)</script>", html) == [""]
    assert not re.search(r"\son\w+=|\sstyle=|<style", html)
    assert not re.search(r"https?://|(?:src|href)=\"//", html)


@pytest.mark.parametrize("name", NAMES)
async def test_every_file_is_served(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/try/{name}")

    assert answer.status_code == 200
    assert answer.content == (ASSETS / name).read_bytes()
    assert answer.headers["content-type"] in {"text/javascript; charset=utf-8", "text/css; charset=utf-8"}


@pytest.mark.parametrize("path", ["/try/index.html", "/try/nothing.js", "/try/..%2Fcontrollers.py", "/try/%2e%2e"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_the_page_is_below_the_path_prefix(house_with: Callable[..., Awaitable[House]]) -> None:
    """Its files are named relative to it, and modules find the API relative to themselves."""
    house = await house_with(CREATORVAULT_SERVER__PATH_PREFIX="/vault")

    page = await house.client.get("/vault/try")
    named = re.findall(r"(?:src|href)=\"(try/[^\"]+)\"", page.text)

    slash = await house.client.get("/vault/try/")
    assert (slash.status_code, slash.headers["location"]) == (308, "/vault/try")
    assert sorted(named) == ["try/main.js", "try/style.css"]
    for name in named:
        assert (await house.client.get(f"/vault/{name}")).status_code == 200
    assert 'new URL("../api/v1/", import.meta.url)' in (await house.client.get("/vault/try/api.js")).text


async def test_production_has_no_such_page(house_with: Callable[..., Awaitable[House]]) -> None:
    house = await house_with(CREATORVAULT_ENV="production")

    for path in ("/try", *(f"/try/{name}" for name in NAMES)):
        assert (await house.client.get(path)).status_code == 404


def test_the_page_is_small() -> None:
    lines = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in ASSETS.iterdir()}

    assert sum(lines.values()) < MOST_LINES, lines
