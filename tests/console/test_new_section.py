"""An app appears in the console by declaring itself, and its pages have what its operations have."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from creatorvault.apps import INSTALLED
from tests.admin.operators import appointed
from tests.application import House, open_house
from tests.console.browserless import SIGN_IN, Browserless
from tests.console.notices import admin
from tests.console.notices.app import APP
from tests.console.notices.controllers import BUSY, NOTICES, NOW, PERCENT, UNAVAILABLE
from tests.console.notices.schemas import NoticeResponse
from tests.postgres import Database

type Enter = Callable[..., Awaitable[Browserless]]

RICH = "/console/rich"
CREATE = f"{RICH}/act/create"
FILE = f"{RICH}/act/file"


@pytest.fixture(scope="module")
async def house(environ: dict[str, str], worker_database: Database) -> AsyncGenerator[House]:
    installed = (*INSTALLED, APP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("creatorvault.apps.INSTALLED", installed)
        patch.setattr("creatorvault.asgi.INSTALLED", installed)
        more = {"CREATORVAULT_CONSOLE__ENABLED": "true", "CREATORVAULT_SERVER__PATH_PREFIX": "/vault"}
        async with open_house(environ | more, worker_database) as house:
            yield house


@pytest.fixture
def enter(house: House, database: asyncpg.Connection) -> Enter:
    async def enter(*scopes: str) -> Browserless:
        browser = Browserless(house.app)
        operator = await appointed(database, house.client, *scopes)
        entered = await browser.submit(SIGN_IN, f"/vault{SIGN_IN}", {"credential": operator.key})
        assert entered.status_code == 303
        return browser

    return enter


@pytest.fixture(autouse=True)
def notices() -> Generator[None]:
    """Ten of them: two are blue and shown, the others red and not."""
    for number in range(1, 11):
        is_blue = number in (4, 7)
        color = "blue" if is_blue else "red"
        NOTICES[number] = NoticeResponse(
            number, f"{color} {number}", 1, [color], None, is_blue, {"by": "<b>Olga</b>"}, NOW
        )
    yield
    NOTICES.clear()


def texts(page: httpx.Response) -> list[str]:
    """The notices in it, one after the other."""
    return [name for name in ("red 1", "blue 4", "red 5", "blue 7", "red 9") if f">{name}<" in page.text]


def test_its_declaration_is_short() -> None:
    assert len(Path(admin.__file__).read_text(encoding="utf-8").splitlines()) < 25


async def test_it_appears_with_search_and_an_action(enter: Enter) -> None:
    browser = await enter("read", "manage")

    first = await browser.get("/console")
    assert first.headers["location"] == "/vault/console/notices"  # as its order says
    page = await browser.get("/console/notices?q=blue")
    assert texts(page) == ["blue 4", "blue 7"]
    assert '<a href="/vault/console/notices" aria-current="page">Notices</a>' in page.text
    assert 'type="search"' in page.text
    assert "&lt;b&gt;Olga&lt;/b&gt;" in page.text
    assert "<b>Olga" not in page.text

    asked = "/console/notices/act/remove?number=4&view=q%3Dblue"
    assert f'href="/vault{asked}"'.replace("&", "&amp;") in page.text
    done = await browser.submit(asked, "/vault/console/notices/act/remove")
    assert (done.status_code, done.headers["location"]) == (303, "/vault/console/notices?q=blue&done=remove")
    page = await browser.get("/console/notices?q=blue&done=remove")
    assert texts(page) == ["blue 7"]
    assert '<div id="notice" role="status">It is gone.</div>' in page.text


async def test_filters_have_the_types_of_their_parameters(enter: Enter) -> None:
    browser = await enter("read")
    NOTICES[1].since = NOTICES[9].since = None

    for query, expected in (
        ("sort=text&q=red", ["red 1", "red 5", "red 9"]),
        ("shown=true", ["blue 4", "blue 7"]),
        ("shown=false&q=red", ["red 1", "red 5", "red 9"]),
        ("shown=&q=&since=", ["red 1", "blue 4", "red 5", "blue 7", "red 9"]),
        ("colors=blue", ["blue 4", "blue 7"]),
        ("colors=blue&colors=red", []),
        ("since=2026-11-30T10:00", []),
    ):
        page = await browser.get(f"{RICH}?{query}")
        block = page.text.partition('id="block-1"')[0]
        assert [text for text in texts(page) if f">{text}<" in block] == expected, query
        assert page.status_code == 200, query
    assert 'value="2026-11-30T10:00" autocomplete="off" spellcheck="false" type="datetime-local"' in page.text
    assert '<option value="true">Yes</option>' in page.text
    page = await browser.get(f"{RICH}?colors=blue&shown=true")
    assert '<input type="checkbox" name="colors" value="blue" checked> Blue' in page.text
    assert '<option value="true" selected>Yes</option>' in page.text
    assert '<option value="number" selected>Number</option>' in page.text  # the default of the API
    assert f'<a class="button" href="/vault{RICH}">Clear</a>' in page.text
    assert '<input type="hidden" name="' not in page.text.partition('id="block-0"')[2].partition("</form>")[0]


async def test_pages_of_several_tables_are_independent(enter: Enter) -> None:
    browser = await enter("read")

    page = await browser.get(f"{RICH}?limit=3&offset=3&1.q=red&1.limit=1")
    assert texts(page) == ["blue 4", "red 5"]
    assert "offset=6&amp;1.q=red&amp;1.limit=1" in page.text  # the next one of the first table
    assert f'href="/vault{RICH}?limit=3&amp;1.q=red&amp;1.limit=1"' in page.text  # its first one
    assert 'name="1.q"' in page.text
    second = page.text.partition('id="block-1"')[2]
    assert '<input type="hidden" name="limit" value="3">' in second
    assert "There is nothing here." in second  # none of the shown ones is red


async def test_an_invalid_filter_has_its_error_and_keeps_what_was_typed(enter: Enter) -> None:
    browser = await enter("read")

    page = await browser.get(f"{RICH}?since=yesterday&q=red")

    assert page.status_code == 422
    assert '<a href="#field-since">Enter a date and a time.</a>' in page.text
    assert 'aria-invalid="true" aria-describedby=" field-since-error"' in page.text
    assert 'value="yesterday"' in page.text
    assert 'value="red"' in page.text
    assert "Some fields are not filled in correctly." in page.text
    unknown = await browser.get(f"{RICH}?limit=1000")
    assert (unknown.status_code, "Enter at most 100." in unknown.text) == (422, True)
    assert f'href="/vault{RICH}"' in unknown.text


async def test_only_the_block_that_is_refreshed_is_read(enter: Enter) -> None:
    browser = await enter("read")

    page = await browser.get(f"{RICH}?q=red", hx_request="true", hx_target="block-0")
    assert 'hx-trigger="every 30s"' in page.text
    assert f'hx-get="/vault{RICH}?q=red"' in page.text
    assert 'id="block-0"' in page.text
    assert 'id="block-1"' not in page.text
    wrong = await browser.get(f"{RICH}?since=yesterday", hx_request="true", hx_target="block-0")
    assert (wrong.status_code, "Enter a date and a time." in wrong.text) == (200, True)  # a script shows no error


async def test_an_object_has_a_page_with_what_is_like_it(enter: Enter) -> None:
    browser = await enter("read", "manage")

    page = await browser.get(f"{RICH}/item?number=4")
    assert "<h1>Rich notices: blue 4</h1>" in page.text
    assert f'<a href="/vault{RICH}">Back to: Rich notices</a>' in page.text
    assert texts(page) == ["blue 4"]  # those whose text begins like its own
    assert f'href="/vault{RICH}/act/forget?number=4"' in page.text
    assert f'hx-get="/vault{RICH}/item?number=4"' in page.text

    form = await browser.get(f"{RICH}/act/forget?number=4")
    assert "<bdi>blue 4</bdi>" in form.text
    assert '<button class="primary dangerous">Forget</button>' in form.text
    done = await browser.submit(form, f"/vault{RICH}/act/forget")
    assert done.headers["location"] == f"/vault{RICH}/item?number=4&done=forget"
    gone = await browser.get(f"{RICH}/item?number=4")
    assert (gone.status_code, "There is no such notice" in gone.text) == (404, True)
    again = await browser.submit(form, f"/vault{RICH}/act/forget")
    assert (again.status_code, 'id="errors"' in again.text) == (404, False)


async def test_a_form_has_the_fields_of_its_object(enter: Enter) -> None:
    browser = await enter("read", "manage")
    form = await browser.get(f"{RICH}/act/copy?number=4")
    assert '<input type="checkbox" name="colors" value="blue" checked>' in form.text
    assert '<input type="checkbox" name="colors" value="red">' in form.text

    await browser.submit(form, f"/vault{RICH}/act/copy", {"text": "green"})

    assert (NOTICES[11].text, NOTICES[11].colors) == ("green", ["blue"])


async def test_pages_that_are_not_declared_are_not_found(enter: Enter) -> None:
    browser = await enter("read", "manage")

    for path in (
        "/console/none",
        "/console/none/item?number=4",
        "/console/notices/item?number=4",
        f"{RICH}/item",
        f"{RICH}/item?number=",
        f"{RICH}/act/none",
        f"{RICH}/act/remove",
        f"{RICH}/act/forget?number=",
    ):
        page = await browser.get(path)
        assert (page.status_code, "<h1>" in page.text) == (404, True), path


async def test_an_action_is_offered_where_it_can_be_done(enter: Enter) -> None:
    browser = await enter("read", "manage")

    page = (await browser.get(f"{RICH}?colors=blue")).text
    assert "act/remove" not in page  # they are shown
    assert "act/create" in page
    page = (await browser.get(f"{RICH}?q=red")).text
    assert '<span class="unseen"> red 1</span>' in page
    reader = (await (await enter("read")).get(f"{RICH}?q=red")).text
    assert "act/remove" not in reader
    assert "act/create" not in reader
    assert "act/file" in reader


async def test_what_was_typed_is_sent_with_its_type(enter: Enter) -> None:
    browser = await enter("manage", "read")
    typed = {"text": " green ", "level": "2", "colors": "blue", "since": "2026-11-30T10:00", "shown": "true"}

    page = await browser.submit(CREATE, f"/vault{CREATE}", typed)

    assert page.status_code == 200
    made = NOTICES[11]
    assert (made.text, made.level, made.colors, made.shown) == ("green", 2, ["blue"], True)
    assert str(made.since) == "2026-11-30 10:00:00+00:00"
    assert '<bdi class="identifier secret" dir="ltr">11</bdi>' in page.text
    assert "&lt;b&gt;Olga&lt;/b&gt;" in page.text
    assert f'href="/vault{RICH}"' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_errors_stand_at_their_fields(enter: Enter) -> None:
    browser = await enter("manage")
    typed = {"text": "x" * 21, "level": "two", "since": "2026-11-30T10:00+01:00"}

    page = await browser.submit(CREATE, f"/vault{CREATE}", typed)

    assert page.status_code == 422
    for field, message in (
        ("text", "Enter at most 20 characters."),
        ("level", "Enter a whole number."),
        ("colors", "Choose at least one of the options."),
    ):
        assert f'<a href="#field-{field}">{message}</a>' in page.text
        assert f'<p class="error" id="field-{field}-error">{message}</p>' in page.text
    assert 'aria-describedby="field-text-hint field-text-error"' in page.text
    assert f'value="{"x" * 21}"' in page.text
    assert 'value="two"' in page.text
    assert len(NOTICES) == 10


async def test_a_refusal_says_what_can_be_done_and_keeps_what_was_typed(enter: Enter) -> None:
    browser = await enter("manage")

    page = await browser.submit(CREATE, f"/vault{CREATE}", {"text": BUSY, "level": "2", "colors": "red"})

    assert (page.status_code, page.headers["retry-after"]) == (429, "9")
    assert "Too many requests. Wait 9 seconds before you try again." in page.text
    assert f'value="{BUSY}"' in page.text
    assert '<input type="checkbox" name="colors" value="red" checked>' in page.text


async def test_a_refusal_that_the_console_does_not_know_is_in_the_words_of_the_api(enter: Enter) -> None:
    browser = await enter("manage")

    page = await browser.submit(CREATE, f"/vault{CREATE}", {"text": PERCENT, "level": "2", "colors": "red"})

    assert page.status_code == 409
    assert "This is 100 % &lt;b&gt;full&lt;/b&gt;" in page.text
    assert "<b>full" not in page.text


async def test_charts_are_drawn_from_rows(enter: Enter) -> None:
    NOTICES[10].at += timedelta(hours=1)
    browser = await enter("read")

    page = await browser.get(RICH)
    assert '<svg class="drawing"' in page.text
    broken = await browser.get("/console/broken")
    assert (broken.status_code, "Some fields are not filled in correctly." in broken.text) == (422, True)


async def test_a_section_may_have_actions_alone(enter: Enter) -> None:
    creator, reader = await enter("manage"), await enter("read")

    page = await creator.get("/console/without-lists")
    assert 'href="/vault/console/without-lists/act/create"' in page.text
    assert (await reader.get("/console/without-lists")).status_code == 403
    path = "/console/without-lists/act/create"
    done = await creator.submit(path, f"/vault{path}", {"text": "grey", "level": "1", "colors": "red"})
    assert done.headers["location"] == "/vault/console/without-lists?done=create"


async def test_who_may_change_but_not_read_is_told_what_was_done(enter: Enter) -> None:
    browser = await enter("manage")

    assert (await browser.get("/console")).headers["location"] == "/vault/console/without-lists"
    assert (await browser.get(RICH)).status_code == 403
    assert (await browser.get(f"{RICH}/item?number=4")).status_code == 403
    form = await browser.get(f"{RICH}/act/forget?number=4")
    assert 'href="/vault/console"' in form.text  # to cancel
    done = await browser.submit(form, f"/vault{RICH}/act/forget")
    assert (done.status_code, '<div id="notice" role="status">Done.</div>' in done.text) == (200, True)
    assert RICH not in done.text.partition("<main")[2]


async def test_a_file_is_sent_as_it_is_produced(enter: Enter) -> None:
    browser = await enter("read")
    form = await browser.get(f"{FILE}?q=blue")
    assert 'value="blue"' in form.text

    file = await browser.submit(form, f"/vault{FILE}")

    assert (file.status_code, file.text) == (200, "blue 4\nblue 7\n")
    assert file.headers["content-disposition"] == 'attachment; filename="notices.txt"'
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["cache-control"] == "no-store"
    everything = await browser.submit(FILE, f"/vault{FILE}", {"q": "", "colors": "red"})
    assert everything.text.count("\n") == 8
    assert everything.headers["content-disposition"] == 'attachment; filename="download_notices"'


async def test_a_file_that_is_refused_is_a_page(enter: Enter) -> None:
    browser = await enter("read")

    page = await browser.submit(FILE, f"/vault{FILE}", {"q": UNAVAILABLE})

    assert (page.status_code, page.headers["retry-after"]) == (503, "7")
    assert page.headers["content-type"].startswith("text/html")
    assert "The service is not available just now." in page.text
    assert f'value="{UNAVAILABLE}"' in page.text


async def test_a_page_that_cannot_be_read_is_an_error(enter: Enter) -> None:
    browser = await enter("read")

    page = await browser.get(f"{RICH}?q={UNAVAILABLE}")

    assert (page.status_code, page.headers["retry-after"]) == (503, "7")
    assert "<h1>" in page.text
