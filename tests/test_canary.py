"""A dump reveals no content: no title, note, tag or search is in the database's files, a dump of it, or a log.

The service runs as a separate process on a separate cluster. Canaries are sent through the API, in requests that
succeed and in requests that fail in every way; then all written files are searched for them.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from creatorvault.ideas.segments.sealing import FEWEST
from tests.application import environment_of
from tests.canaries import Find, Mark, files_under, search
from tests.factories import claims_of, token_of
from tests.postgres import Cluster, Database
from tests.running import running
from tests.schema import build_template

pytestmark = pytest.mark.xdist_group("canary")

type Sow = Callable[[], str]

# Makes PostgreSQL fail in the middle of a statement or at the end of a transaction, and reverts that.
DRIVER_ERRORS = [
    ("ALTER TABLE ideas RENAME TO mislaid", "ALTER TABLE mislaid RENAME TO ideas"),
    (
        "ALTER TABLE ideas ADD CONSTRAINT nothing CHECK (octet_length(title) = 0) NOT VALID",
        "ALTER TABLE ideas DROP CONSTRAINT nothing",
    ),
    (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'at commit: %', NEW; END $$;"
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON ideas DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()",
        "DROP FUNCTION refuse CASCADE",
    ),
]


@pytest.fixture(scope="module")
def canary_cluster() -> Iterator[Cluster]:
    cluster = Cluster.start()
    try:
        build_template(cluster)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def canary_database(canary_cluster: Cluster) -> Database:
    return canary_cluster.clone("canaries")


def use_it(client: httpx.Client, url: str, canary: Sow) -> None:
    """Typical requests of a creator."""
    for _ in range(FEWEST + 1):
        idea = client.post(url, json={"title": canary(), "notes": canary(), "tags": [canary(), canary()]}).json()
    one = f"{url}/{idea['id']}"
    assert client.patch(one, json={"title": canary(), "notes": canary()}).is_success
    assert client.put(one, json={"title": canary(), "notes": canary() * 50, "tags": [canary()]}).is_success
    assert client.post(url, json={"title": canary()}, headers={"Idempotency-Key": str(uuid4())}).is_success
    deleted = client.delete(one)
    assert deleted.is_success
    undo_it(client, url, idea["id"], deleted.headers["X-Undo"])
    # The first of these writes a segment, which contains all remaining ideas.
    for query in ({"search": canary()}, {"tags": canary()}, {"search": canary(), "sort": "title"}, {"sort": "title"}):
        assert client.get(url, params=query).is_success


def undo_it(client: httpx.Client, url: str, idea_id: str, token: str) -> None:
    """Trash and versions, and a deletion at last."""
    vault, one = url.removesuffix("/ideas"), f"{url}/{idea_id}"
    assert client.get(f"{vault}/trash").json()["total"] == 1
    assert client.post(f"{vault}/undo", json={"undo": token}).is_success
    assert client.get(f"{one}/versions").json()["total"] == 2
    assert client.get(f"{one}/versions/1/difference").is_success
    assert client.post(f"{one}/versions/1/restore").is_success
    assert client.delete(one).is_success
    assert client.post(f"{one}/restore").is_success
    assert client.delete(one).is_success


def provoke(client: httpx.Client, url: str, canary: Sow) -> None:
    """Sends requests that are refused for every reason; no response repeats its input."""
    nowhere = f"{url}/{uuid4()}"
    as_json = {"Content-Type": "application/json"}
    refused: list[tuple[str, str, dict[str, Any], int]] = [
        ("POST", url, {"json": {"title": canary() * 20}}, 422),
        ("POST", url, {"json": {"title": [canary()], "notes": {canary(): canary()}, "tags": canary()}}, 422),
        ("POST", url, {"json": {"title": canary(), "notes": canary() * 300}}, 422),
        ("POST", url, {"json": {"title": canary(), "tags": [canary() * 50]}}, 422),
        ("POST", url, {"json": {"title": canary(), "stage": "x", "due_date": "x"}}, 422),
        ("POST", url, {"json": {"notes": canary()}}, 422),
        ("POST", url, {"json": [canary()]}, 422),
        ("POST", url, {"content": f'{{"title": "{canary()}"', "headers": as_json}, 422),
        ("POST", url, {"content": f'{{"title": "{canary()}\\u0000"}}', "headers": as_json}, 422),
        ("POST", url, {"content": f'{{"title": "{canary()}\\ud800"}}', "headers": as_json}, 422),
        ("POST", url, {"content": f"title={canary()}", "headers": {"Content-Type": "text/plain"}}, 422),
        ("POST", url, {"content": canary().encode("utf-16"), "headers": as_json}, 422),
        ("POST", url, {"json": {"title": canary(), "notes": canary() * 8000}}, 413),
        ("PUT", nowhere, {"json": {"title": canary()}}, 404),
        ("PATCH", nowhere, {"json": {"title": canary()}}, 404),
        ("PUT", f"{url}/no-uuid", {"json": {"title": canary()}}, 422),
        ("POST", "/api/v1/eve/ideas", {"json": {"title": canary()}}, 403),
        ("GET", "/api/v1/eve/ideas", {"params": {"search": canary()}}, 403),
        ("GET", url, {"params": {"search": canary(), "limit": "0"}}, 422),
        ("GET", f"{url}?search={canary()}%00", {}, 422),
        ("GET", f"{url}?tags={canary()}%00", {}, 422),
        ("POST", url, {"json": {"title": canary()}, "headers": {"Authorization": "Bearer x"}}, 401),
        ("DELETE", url, {"params": {"search": canary()}, "json": None}, 405),
        ("GET", "/nowhere", {"params": {"search": canary()}}, 404),
        ("POST", f"{url.removesuffix('/ideas')}/undo", {"json": {"undo": canary()}}, 422),
    ]
    for method, address, options, status in refused:
        answer = client.request(method, address, **options)
        assert answer.status_code == status, (method, address, answer.text)
        assert "kanari" not in answer.text


def break_it(client: httpx.Client, url: str, canary: Sow, run_sql: Callable[[str], str]) -> None:
    """Database errors during requests that contain canaries."""
    for fault, repair in DRIVER_ERRORS:
        run_sql(fault)
        answers = [
            client.post(url, json={"title": canary(), "notes": canary(), "tags": [canary()]}),
            client.get(url, params={"search": canary(), "sort": "title"}),
        ]
        run_sql(repair)
        assert answers[0].status_code == 500
        assert all("kanari" not in answer.text for answer in answers)


@pytest.fixture(scope="module")
def written(
    canary_cluster: Cluster, canary_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Mark, Mark, dict[str, list[tuple[str, bytes]]]]:
    """The marks of the API's canaries and of the control, and all files written meanwhile."""
    mark, control = Mark.new(), Mark.new()
    sown = mark.canaries()
    home = tmp_path_factory.mktemp("canary")
    creator = "canary-owner"
    environ = environment_of(canary_database, home)

    def run_sql(sql: str) -> str:
        return canary_cluster.run(sql, canary_database.name)

    with running(home, **environ) as run:
        run.until("Ctrl-C")
        headers = {"Authorization": f"Bearer {token_of(claims_of(creator))}"}
        with httpx.Client(base_url=run.address, headers=headers, timeout=30) as client:
            use_it(client, f"/api/v1/{creator}/ideas", lambda: next(sown))
            provoke(client, f"/api/v1/{creator}/ideas", lambda: next(sown))
            break_it(client, f"/api/v1/{creator}/ideas", lambda: next(sown), run_sql)
    hide_controls(control, run_sql)
    run_sql("CHECKPOINT")

    dump = canary_cluster.program("pg_dump", "-d", canary_database.superuser_url).encode()
    return (
        mark,
        control,
        {
            "dump": [("dump", dump)],
            "files": list(files_under(Path(canary_cluster.folder) / "data")),
            "database log": [("log", (Path(canary_cluster.folder) / "log").read_bytes())],
            "service log": [("output", run.printed.encode())],
            "home": list(files_under(home)),
        },
    )


def hide_controls(control: Mark, run_sql: Callable[[str], str]) -> None:
    """Writes leaks in every form, all of which the search must find."""
    run_sql("CREATE TABLE control (form text, content bytea)")
    for form, content in control.forms().items():
        run_sql(f"INSERT INTO control VALUES ('{form}', decode('{content.hex()}', 'hex'))")
        as_text = content.replace(bytes(1), b"").decode()
        run_sql(f"INSERT INTO control VALUES ('{as_text}')")
    run_sql(f"DO $$ BEGIN RAISE LOG 'told by {control.text}'; END $$")


def told(finds: list[Find]) -> str:
    return json.dumps([(find.place, find.form, find.around.decode("latin-1")) for find in finds], indent=1)


@pytest.mark.parametrize("where", ["dump", "files", "database log", "service log", "home"])
def test_no_canary_is_found(written: tuple[Mark, Mark, dict[str, list[tuple[str, bytes]]]], where: str) -> None:
    mark, _, places = written

    finds = search(mark, places[where])

    assert not finds, told(finds)


def test_the_search_finds_every_form_of_a_leak(
    written: tuple[Mark, Mark, dict[str, list[tuple[str, bytes]]]],
) -> None:
    _, control, places = written

    forms_in_files = {find.form for find in search(control, places["files"])}
    wal = [find for find in search(control, places["files"]) if find.place.startswith("pg_wal/")]

    assert forms_in_files == set(control.forms())
    assert wal
    assert {"utf-8", "hex of utf-8", "hex of utf-16", "base64 of utf-8 at 1"} <= {
        find.form for find in search(control, places["dump"])
    }
    assert [find.form for find in search(control, places["database log"])] == ["utf-8"]


def test_the_search_covers_the_files_with_the_ideas(
    written: tuple[Mark, Mark, dict[str, list[tuple[str, bytes]]]],
) -> None:
    _, _, places = written

    assert b"COPY public.ideas" in places["dump"][0][1]
    segments = places["dump"][0][1].partition(b"COPY public.idea_segments")[2].partition(b"\\.")[0]
    assert segments.count(b"\tcanary-owner\t") == 1
    assert b"COPY keys.vault_keys" in places["dump"][0][1]
    assert any(name.startswith("pg_wal/0") for name, _ in places["files"])
    assert b"canary-owner" in b"".join(content for _, content in places["files"])
    assert b"request" in places["service log"][0][1]
    assert b"nothing" in places["database log"][0][1]
