"""Nothing of a file that moves in is on a disk in clear text: not while it is uploaded, waits, or is imported."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.application import environment_of
from tests.canaries import Mark, files_under, search
from tests.factories import claims_of, token_of
from tests.postgres import Cluster
from tests.running import running
from tests.schema import build_template
from tests.test_canary import hide_controls, told
from tests.transfer.formats.factories import zipped

pytestmark = pytest.mark.xdist_group("import-canary")

FEWEST_BYTES = 3 * 2**20
"""More than Litestar keeps of a form in memory."""

type Places = dict[str, list[tuple[str, bytes]]]


@pytest.fixture(scope="module")
def canary_cluster() -> Iterator[Cluster]:
    cluster = Cluster.start()
    try:
        build_template(cluster)
        yield cluster
    finally:
        cluster.stop()


def files(canary: Callable[[], str]) -> list[tuple[str, bytes]]:
    """One of each format, and one that is refused."""
    cell = f"{canary()} {canary()} "
    rows = "".join(f"{canary()},{cell * (4500 // len(cell))},{canary()}\n" for _ in range(FEWEST_BYTES // 4400))
    page = f"---\ntags: [{canary()}]\nunknown: {canary()}\n---\n# {canary()}\n\n{canary()}\n"
    cards = [{"id": f"65a0000000000000000000{n:02}", "name": canary(), "desc": canary()} for n in range(9)]
    board = {"name": canary(), "lists": [], "cards": cards}
    return [
        (f"{canary()}.csv", f"title,notes,{canary()}\n{rows}".encode()),
        (f"{canary()}.md", page.encode()),
        (f"{canary()}.zip", zipped({f"{canary()}.md": page.encode(), f"{canary()}.png": canary().encode()}, 0)),
        (f"{canary()}.json", json.dumps(board).encode()),
        (f"{canary()}.json", f'{{"type":"export","title":"{canary()}"'.encode()),
    ]


def ended(client: httpx.Client, url: str, count: int) -> list[Any]:
    deadline = time.monotonic() + 120
    while True:
        items = client.get(url).json()["items"]
        if len(items) == count and all(item["state"] in ("finished", "failed") for item in items):
            return list(items)
        assert time.monotonic() < deadline, items
        time.sleep(0.1)


@pytest.fixture(scope="module")
def written(canary_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[Mark, Mark, Places]:
    """All files that were written while imports waited, in temporary folders too, and after their end."""
    mark, control = Mark.new(), Mark.new()
    sown = mark.canaries()
    home, temporary = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("temporary")
    database, data = canary_cluster.clone("canaries"), Path(canary_cluster.folder) / "data"
    environ = environment_of(database, home) | {"TMPDIR": str(temporary), "CREATORVAULT_JOBS__IN_SERVER": "false"}
    headers = {"Authorization": f"Bearer {token_of(claims_of('mover'))}"}
    url = "/api/v1/mover/imports"
    places: Places = {}
    with running(home, **environ) as run:
        run.until("Ctrl-C")
        with httpx.Client(base_url=run.address, headers=headers, timeout=60) as client:
            statuses = []
            for name, content in files(lambda: next(sown)):
                form: dict[str, Any] = {"files": {"file": (name, content)}}
                assert client.post(url, params={"preview": "true"}, **form).status_code in (200, 422)
                statuses.append(client.post(url, **form).status_code)
            assert statuses == [202, 202, 202, 202, 422]
            canary_cluster.run("CHECKPOINT", database.name)
            places["waiting"] = list(files_under(data))
            places["temporary"] = list(files_under(temporary))
    printed = run.printed
    with running(home, **environ | {"CREATORVAULT_JOBS__IN_SERVER": "true"}) as run:
        run.until("Ctrl-C")
        with httpx.Client(base_url=run.address, headers=headers, timeout=60) as client:
            assert {item["state"] for item in ended(client, url, 4)} == {"finished"}
            assert mark.text in client.get("/api/v1/mover/ideas").text
    hide_controls(control, lambda sql: canary_cluster.run(sql, database.name))
    canary_cluster.run("CHECKPOINT", database.name)
    places["files"] = list(files_under(data))
    places["dump"] = [("dump", canary_cluster.program("pg_dump", "-d", database.superuser_url).encode())]
    places["database log"] = [("log", (Path(canary_cluster.folder) / "log").read_bytes())]
    places["service log"] = [("output", (printed + run.printed).encode())]
    places["home"] = [*files_under(home), *files_under(temporary)]
    return mark, control, places


@pytest.mark.parametrize("where", ["waiting", "temporary", "files", "dump", "database log", "service log", "home"])
def test_no_canary_of_a_file_is_found(written: tuple[Mark, Mark, Places], where: str) -> None:
    mark, _, places = written

    finds = search(mark, places[where])

    assert not finds, told(finds)


def test_the_search_covers_the_files_that_were_stored(written: tuple[Mark, Mark, Places]) -> None:
    _, control, places = written
    dump = places["dump"][0][1]

    assert {find.form for find in search(control, places["files"])} == set(control.forms())
    assert dump.partition(b"COPY public.imports")[2].partition(b"\\.")[0].count(b"\tmover\t") == 4
    assert not dump.partition(b"COPY public.import_chunks")[2].partition(b"\\.")[0].count(b"\tmover\t")
    assert b"transfer.import" in dump
    assert sum(len(content) for _, content in places["waiting"]) > FEWEST_BYTES
