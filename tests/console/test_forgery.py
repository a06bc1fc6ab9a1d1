"""What another page makes a browser send to the console is refused (CSRF), and no other page can read or frame it."""

import re

import pytest

from tests.admin.operators import Appoint
from tests.application import House
from tests.console.browserless import BASE_URL, SIGN_IN, Browserless
from tests.console.conftest import SignedInWith
from tests.console.pages import BROKEN, FRESH, MISSING, PAGE
from tests.console.test_sessions import SIGN_OUT, sign_out_form
from tests.logs import Logs

FRONT_END = "http://localhost:3000"
"""An allowed origin of the API, whose pages may be of the same site as the console."""


@pytest.fixture
async def olga(signed_in: SignedInWith) -> Browserless:
    return await signed_in("read")


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
async def test_a_form_without_its_token_is_refused(olga: Browserless, token: str | None) -> None:
    answer = await olga.send(SIGN_OUT, {} if token is None else {"form_token": token})

    assert answer.status_code == 403
    assert (await olga.get(PAGE)).status_code == 200


@pytest.mark.parametrize("content", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""], ids=str)
async def test_only_forms_are_read(olga: Browserless, content: str) -> None:
    form = sign_out_form(await olga.get(PAGE))

    assert (await olga.send(SIGN_OUT, form, content_type=content)).status_code == 403


@pytest.mark.parametrize("body", ["form_token=\xe9", "form_token=%ff", "&".join(f"a{n}=1" for n in range(201))])
async def test_a_body_that_is_no_form_is_refused(olga: Browserless, body: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": BASE_URL}

    answer = await olga.client.post(SIGN_OUT, content=body.encode("latin-1"), headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"},
    ],
    ids=str,
)
async def test_a_form_from_another_site_is_refused_even_with_the_token(
    olga: Browserless, headers: dict[str, str]
) -> None:
    form = sign_out_form(await olga.get(PAGE))

    assert (await olga.send(SIGN_OUT, form, **headers)).status_code == 403
    assert (await olga.get(PAGE)).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (BASE_URL, 303),
        (None, 403),
        ("null", 403),
        ("https://creatorvault.test", 403),
        ("http://creatorvault.test:8080", 403),
        ("http://creatorvault.test.example.org", 403),
        (FRONT_END, 403),
    ],
    ids=str,
)
async def test_a_browser_that_does_not_name_the_site_must_name_the_origin(
    olga: Browserless, origin: str | None, status: int
) -> None:
    form = sign_out_form(await olga.get(PAGE))

    headers = {} if origin is None else {"Origin": origin}
    answer = await olga.client.post(SIGN_OUT, data=form, headers=headers)

    assert answer.status_code == status


async def test_sign_in_needs_the_form_of_the_same_browser(
    console: House, browser: Browserless, appoint: Appoint
) -> None:
    """Otherwise another site could sign somebody in as somebody else, and see what he does there."""
    operator = await appoint("read")
    other = Browserless(console.app)
    form = sign_out_form(await other.get(SIGN_IN))

    assert (await browser.send(SIGN_IN, {"credential": operator.key})).status_code == 403
    assert (await browser.send(SIGN_IN, {"credential": operator.key, **form})).status_code == 403
    await browser.get(SIGN_IN)
    assert (await browser.send(SIGN_IN, {"credential": operator.key, **form})).status_code == 403
    assert (await browser.sign_in(operator.key)).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, 200),
        ({"sec_fetch_site": "none", "sec_fetch_mode": "navigate"}, 200),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 200),
        ({"sec_fetch_site": "same-site", "sec_fetch_mode": "cors"}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
    ],
    ids=str,
)
async def test_pages_of_others_may_lead_here_and_not_load_anything(
    olga: Browserless, headers: dict[str, str], status: int
) -> None:
    assert (await olga.get(PAGE, **headers)).status_code == status
    assert (await olga.get(SIGN_IN, **headers)).status_code == status


@pytest.mark.parametrize("path", [SIGN_IN, MISSING, BROKEN, "/console/sign-in?next=/console"])
async def test_no_page_can_be_framed_cached_or_read_by_another_origin(olga: Browserless, path: str) -> None:
    answer = await olga.get(path, origin=FRONT_END)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_redirects_are_not_cached_either(browser: Browserless) -> None:
    answer = await browser.get(FRESH, origin=FRONT_END)

    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_errors_are_pages_that_say_what_can_be_done(olga: Browserless, logs: Logs) -> None:
    missing, broken = await olga.get(MISSING), await olga.get(BROKEN)

    assert (missing.status_code, broken.status_code) == (404, 500)
    for page in (missing, broken):
        assert page.headers["content-type"].startswith("text/html")
    assert "<b>" not in missing.text
    assert "is no such proof" in missing.text
    assert "nobody should see" not in broken.text
    assert logs.named("request.failed")


async def test_credentials_are_in_no_log_and_no_page(browser: Browserless, appoint: Appoint, logs: Logs) -> None:
    operator = await appoint("read")
    wrong = operator.key[:-4] + "AAAA"

    refused = await browser.sign_in(wrong)
    await browser.sign_in(operator.key)
    page = await browser.get(PAGE)

    for secret in (wrong, operator.key, browser.cookies["creatorvault-console"]):
        assert secret not in refused.text
        assert secret not in page.text
        assert secret not in logs.text
    assert re.search("not accepted", refused.text)
