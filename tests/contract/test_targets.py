"""Request methods and targets: HEAD, other spellings of a path, user ids that need encoding."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar

from tests.application import House
from tests.factories import Creator
from tests.targets import sent_as_it_is

OF_ONE_ANSWER: Final = {"x-correlation-id", "ratelimit", "date"}
NO_IDEA: Final = "0f2d7a3e-5b1c-4c77-9a60-3d2f8e1b4a95"
METRICS_TOKEN: Final = "the-token-of-the-metrics-0123456789abcdef"

type HouseWith = Callable[..., Awaitable[House]]


def lasting(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_ONE_ANSWER}


async def both(
    client: httpx.AsyncClient, path: str, headers: Mapping[str, str]
) -> tuple[httpx.Response, httpx.Response]:
    options: dict[str, Any] = {"headers": headers, "follow_redirects": False}
    return await client.get(path, **options), await client.head(path, **options)


def assert_alike(got: httpx.Response, head: httpx.Response) -> None:
    assert head.status_code == got.status_code, head.request.url
    assert lasting(head) == lasting(got), head.request.url
    assert head.content == b""


async def test_head_answers_as_get_does_on_every_route(app: Litestar, ada: Creator) -> None:
    idea = await ada.idea()
    page = (await ada.client.get("/docs")).text
    digest, name = re.findall(r"/docs/assets/(\w+)/(docs\.js)", page)[0]
    values = {"user_id": ada.user_id, "idea_id": idea["id"], "digest": digest, "name": name}
    paths = {
        re.sub(r"{(\w+)}", lambda found: values.get(found[1], NO_IDEA), route.path_format)
        for route in app.routes
        if "GET" in getattr(route, "methods", ())
    }

    assert len(paths) >= 20
    for path in sorted(paths):
        assert_alike(*await both(ada.client, path, ada.headers))
        assert_alike(*await both(ada.client, path, {}))


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("", {}, 200),
        ("?search=one&limit=1", {}, 200),
        ("?limit=0", {}, 422),
        ("/no-uuid", {}, 422),
        (f"/{NO_IDEA}", {}, 404),
        (f"/{NO_IDEA}", {"Accept": "application/problem+json"}, 404),
        ("", {"If-None-Match": "*"}, 304),
        ("", {"Authorization": "Bearer x"}, 401),
        ("/a/b", {}, 404),
        ("", {"X-Long": "x" * 40_000}, 431),
        ("", {"Origin": "http://localhost:3000"}, 200),
    ],
)
async def test_head_has_the_conditions_and_errors_of_get(
    ada: Creator, path: str, headers: dict[str, str], status: int
) -> None:
    await ada.idea("One")
    got, head = await both(ada.client, f"{ada.url}{path}", ada.headers | headers)

    assert got.status_code == status
    assert_alike(got, head)


async def test_head_has_the_length_and_version_of_the_idea(ada: Creator) -> None:
    created = await ada.post({"title": "One"})
    head = await ada.request("HEAD", ada.url_of(created.json()))

    assert head.headers["content-length"] == str(len(created.content))
    assert head.headers["etag"] == created.headers["etag"]


async def test_head_on_the_metrics_requires_their_token(house_with: HouseWith) -> None:
    house = await house_with(CREATORVAULT_METRICS__TOKEN=METRICS_TOKEN)
    allowed = await house.client.head("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})

    assert (allowed.status_code, allowed.content) == (200, b"")
    assert (await house.client.head("/metrics")).status_code == 401


async def test_head_counts_as_a_read(house_with: HouseWith) -> None:
    house = await house_with(CREATORVAULT_LIMITS__IDENTITY_READS="2", CREATORVAULT_LIMITS__IDENTITY_WRITES="1")
    house.parts.limits._clock = lambda: 0.0
    ada = house.creator()

    statuses = [(await ada.request("HEAD", ada.url)).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert (await ada.post({"title": "x"})).status_code == 201


async def test_a_head_is_logged_as_one(ada: Creator, logs: Any) -> None:
    await ada.request("HEAD", ada.url)

    [line] = logs.named("request")
    assert (line["method"], line["route"], line["bytes"]) == ("HEAD", "/api/v1/{user_id}/ideas", 0)


async def test_a_path_without_get_has_no_head(ada: Creator) -> None:
    answer = await ada.request("HEAD", "/api/v1/admin/audit/verify-nothing")
    posted = await ada.request("HEAD", f"/api/v1/admin/tenants/{NO_IDEA}/suspend")

    assert answer.status_code == 404
    assert posted.status_code == 405
    assert posted.content == b""
    assert set(posted.headers["allow"].split(", ")) == {"OPTIONS", "POST"}


async def test_405_names_head_where_there_is_get(ada: Creator) -> None:
    answer = await ada.request("DELETE", ada.url)

    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


async def test_a_front_end_may_send_head_requests(client: httpx.AsyncClient) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "HEAD"}
    answer = await client.options("/api/v1/ada/ideas", headers=asked)

    assert answer.status_code == 204
    assert "HEAD" in answer.headers["access-control-allow-methods"]


async def test_another_spelling_of_a_path_is_another_path(app: Litestar, ada: Creator) -> None:
    for path in (
        *("//api/v1/users/me", "/api//v1/users/me", "/api/v1/users//me", "/api/v1/users/me//", "//"),
        *(
            "/%61pi/v1/users/me",
            "/api/v1/users/m%65",
            "/api%2Fv1/users/me",
            "/api/v1%2fusers/me",
            "/%68ealth",
            "/docs%2f",
        ),
        *(
            "/api/v1/../v1/users/me",
            "/./health",
            "/api/v1/users/me/.",
            "/api/v1/%2e%2e/v1/users/me",
            "/API/v1/users/me",
        ),
        *(f"/api/v1/{ada.user_id}//ideas", f"/api/v1/{ada.user_id}/idea%73", f"/api/v1/{ada.user_id}%2Fideas"),
        *(f"//{path}" for path in ("api/v1/admin/tenants", "health", "docs", "openapi.json")),
        *("/%61pi/v1/admin/tenants", "/api/v1/%61dmin/tenants", "/api/v1/admin%2Ftenants", "/api/v1/admin/tenant%73"),
    ):
        answer = await sent_as_it_is(app, path, ada.headers)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found", "code": "not_found"}), path


async def test_one_trailing_slash_is_ignored(app: Litestar, ada: Creator) -> None:
    idea = await ada.idea()
    for path in ("/api/v1/users/me/", f"{ada.url}/", f"{ada.url_of(idea)}/", "/health/", "/docs/", "/openapi.json/"):
        assert (await sent_as_it_is(app, path, ada.headers)).status_code == 200, path


STRANGE_IDS: Final = (
    *("a/b", "/", "//", "a//b", "/a/", "auth0|66f0", "google-oauth2|1", "https://id.example/u/1", "...", "a/../b"),
    *("%2F", "a%2Fb", "100%", "a b", "a+b", "ä/ö", "日本/語", "a?b#c", "a;b=c", "a\\b", "x\x01y", "admin", "tenant"),
    *("users", "admin/tenants", "ideas", "e\u0301", "\U0001f600/1", "x" * 255, "/" * 255),
)


async def test_any_user_id_works_in_a_path(house: House) -> None:
    """Encoded once, as `encodeURIComponent` does."""
    for user_id in STRANGE_IDS:
        creator = house.creator(user_id)
        url = f"/api/v1/{quote(user_id, safe='')}/ideas"
        answer = await creator.request("POST", url, json={"title": "One"})
        assert answer.status_code == 201, (user_id, answer.text)
        idea = answer.json()
        assert (idea["user_id"], answer.headers["location"]) == (user_id, f"{url}/{idea['id']}")
        for method, status in (("GET", 200), ("HEAD", 200), ("PATCH", 200), ("DELETE", 204)):
            done = await creator.request(method, answer.headers["location"], json={"title": "Two"})
            assert done.status_code == status, (user_id, method)
        profile = await creator.request("GET", "/api/v1/users/me")
        assert profile.json()["user_id"] == user_id


@pytest.mark.parametrize(
    ("subject", "segment"),
    [
        ("a/b", "a%252Fb"),
        ("a%2Fb", "a%2Fb"),
        ("a/b", "a"),
        ("ada", "%2561da"),
        ("ada", "ada%2F"),
        ("ada", "%2Fada"),
        ("ada", "ADA"),
        ("ada", "ada%20"),
        ("ada", "eve%2F..%2Fada"),
    ],
)
async def test_a_path_is_decoded_once_and_then_compared(house: House, subject: str, segment: str) -> None:
    answer = await house.creator(subject).request("GET", f"/api/v1/{segment}/ideas")

    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "Cannot access other users' ideas", "code": "not_owner"},
    )


async def test_any_encoding_of_the_own_id_is_accepted(house: House) -> None:
    ada = house.creator("ada-lovelace")
    for segment in (
        "ada-lovelace",
        "%61da-lovelace",
        "ada%2Dlovelace",
        "".join(f"%{byte:02x}" for byte in b"ada-lovelace"),
    ):
        assert (await sent_as_it_is(house.app, f"/api/v1/{segment}/ideas", ada.headers)).status_code == 200, segment


@pytest.mark.parametrize("segment", ["%FF", "a%C3", "%ED%A0%80", "%00", "a%00b", "%C0%AF"])
async def test_invalid_text_in_a_path_is_422(app: Litestar, ada: Creator, segment: str) -> None:
    for path, field in ((f"/api/v1/{segment}/ideas", "user_id"), (f"{ada.url}/{segment}", "idea_id")):
        answer = await sent_as_it_is(app, path, ada.headers)

        assert answer.status_code == 422, path
        assert [error["loc"] for error in answer.json()["detail"]] == [["path", field]]
    assert (await sent_as_it_is(app, f"/docs/assets/{segment}/docs.js")).status_code == 404


async def test_a_request_of_http_1_1_requires_one_host(app: Litestar) -> None:
    """RFC 9112 §3.2. HTTP/1.0 allows requests without a host; some servers call it 1 and pass an empty host."""
    for version, headers, status in (
        *(("1.1", {}, 400), ("1.1", {"host": ""}, 400), ("1.1", {"host": "a.example"}, 200)),
        *(("1.0", {}, 200), ("1", {"host": ""}, 200), ("1", {"host": "a.example"}, 200), ("1.1", {"host": "a b"}, 400)),
    ):
        answer = await sent_as_it_is(app, "/health", headers, http_version=version, host=False)
        assert answer.status_code == status, (version, headers)
        assert status == 200 or answer.json()["detail"]


async def test_a_request_with_two_hosts_is_refused(client: httpx.AsyncClient) -> None:
    for second in ("creatorvault.test", "evil.example", ""):
        answer = await client.get("/health", headers=[("Host", "creatorvault.test"), ("Host", second)])

        assert (answer.status_code, answer.json()) == (
            400,
            {"detail": "The request needs exactly one Host header", "code": "host_invalid"},
        )


async def test_the_service_is_found_with_and_without_its_path_prefix(house_with: HouseWith) -> None:
    """A proxy may strip the prefix or keep it."""
    house = await house_with(CREATORVAULT_SERVER__PATH_PREFIX="/apps/cv")
    ada = house.creator("ada/lovelace")
    ideas = f"/api/v1/{quote(ada.user_id, safe='')}/ideas"
    for prefix in ("", "/apps/cv"):
        created = await ada.request("POST", f"{prefix}{ideas}", json={"title": "One"})
        place = created.headers["location"]
        assert place == f"/apps/cv{ideas}/{created.json()['id']}"
        for method, status in (("HEAD", 200), ("PATCH", 200), ("DELETE", 204)):
            done = await ada.request(method, place, json={"title": "Two"})
            assert (done.status_code, done.headers["vary"]) == (status, "Origin"), method
        refused = await ada.request("PUT", f"{prefix}{ideas}")
        assert refused.status_code == 405
        assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    for path, status in (
        *(("/", 200), ("/apps/cv", 200), ("/apps/cv/", 200), ("/apps/cv/health", 200)),
        *(("/apps/cvhealth", 404), ("/apps", 404), ("/apps/cv/apps/cv/health", 404), ("/apps/cv/nowhere", 404)),
        *(("/apps/cv//health", 404), ("//apps/cv/health", 404), ("/apps%2Fcv/health", 404), ("/apps/%63v/health", 404)),
    ):
        assert (await sent_as_it_is(house.app, path)).status_code == status, path
