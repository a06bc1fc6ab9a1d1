"""The console reveals no content: no title, note or tag, nothing sealed, in any page, error or line of the log.

The service runs as a separate process. Canaries are stored through the API; then somebody opens every page of the
console, sends every form, is refused in every way, and everything that was answered and logged is searched.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from secrets import token_bytes
from typing import Final, NamedTuple
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.admin.operator_keys import new_key
from creatorvault.apps import protected_data, sections
from tests.admin.operators import EVERY_SCOPE
from tests.application import environment_of
from tests.canaries import Mark, Piece, search
from tests.console.browserless import SIGN_IN
from tests.console.walking import ACTION, ASSETS, Walk
from tests.factories import claims_of, token_of
from tests.postgres import Cluster, Database
from tests.running import running
from tests.test_canary import use_it

pytestmark = pytest.mark.xdist_group("canary")

CREATOR: Final = "console-canary-owner"
PIECE: Final = slice(-24, None)
"""The end of an envelope: its tag, and what is before it. The beginning is the same for many."""

CONSOLE: Final = {
    "CREATORVAULT_CONSOLE__ENABLED": "true",
    "CREATORVAULT_CONSOLE__FAILURES": "5",
    "CREATORVAULT_CONSOLE__FRESH_SECONDS": "3600",
    "CREATORVAULT_CONSOLE__SESSION_SECONDS": "86400",
}


class Shown(NamedTuple):
    """`controls` are in the name of an operator, which the console shows."""

    mark: Mark
    sealed: list[Piece]
    controls: tuple[Mark, Piece]
    walk: Walk
    log: str

    @property
    def answers(self) -> list[tuple[str, bytes]]:
        """Headers and bodies of everything but assets."""
        return [
            (f"{answer.request.method} {answer.request.url}", repr(answer.headers.raw).encode() + answer.content)
            for answer in self.walk.answers
        ]


def executed(database: Database, *statements: str) -> list[asyncpg.Record]:
    """As the superuser. Returns the rows of the last statement."""

    async def execute() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(database.superuser_url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            rows: list[asyncpg.Record] = await connection.fetch(statements[-1])
            return rows
        finally:
            await connection.close()

    return asyncio.run(execute())


def appointed(database: Database, name: str) -> str:
    """Returns the key of a new operator with every scope."""
    key = new_key()
    executed(
        database,
        "INSERT INTO operators (id, name, key_id, key_hash, scopes, created_at) VALUES "
        f"('{uuid4()}', '{name}', '{key.key_id}', '{key.hash}', '{{{','.join(EVERY_SCOPE)}}}', now())",
    )
    return key.text


def pieces(database: Database) -> list[Piece]:
    """Of everything that is sealed, and of the wrapped keys."""
    columns = [(table.name, column) for table in protected_data().sealed for column in table.sealed]
    found = []
    for table, column in [*columns, ("keys.vault_keys", "wrapped")]:
        rows = executed(database, f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        found += [Piece(f"{table}.{column}", value[PIECE]) for (value,) in rows]
    return found


def refused(walk: Walk, database: Database, token: str, canary: str) -> None:
    """Refusals of every kind, with content in what was sent, and errors of the database."""
    for address, status in (
        ("/console/none", 404),
        ("/console/tenants/item", 404),
        (f"/console/tenants/item?tenant_id={uuid4()}", 404),
        (f"/console/vaults/item?tenant_id={uuid4()}&user_id={CREATOR}", 200),
        ("/console/vaults?key_version=x", 422),
        ("/console/tenants?cursor=x", 422),
        ("/console/tenants/act/none", 404),
    ):
        assert walk.get(address).status_code == status, address
    create = walk.actions["tenants", "create"]
    assert walk.send(create, {"realm": canary}).status_code == 403
    assert walk.send(create, {"form_token": token}, Origin="https://elsewhere.example").status_code == 403
    assert walk.send(create, {"form_token": token}).status_code == 422
    executed(database, "REVOKE SELECT ON vaults FROM creatorvault_operator")
    for address in ("/console/vaults", "/console/overview"):
        assert walk.get(address).status_code >= 500
    executed(database, "GRANT SELECT ON vaults TO creatorvault_operator")


@pytest.fixture(scope="module")
def shown(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    database = cluster.clone(f"console_canary_{uuid4().hex}")
    mark, controls = Mark.new(), (Mark.new(), Piece("control", token_bytes(24)))
    sown = mark.canaries()
    key = appointed(database, "Olga")
    appointed(database, f"{controls[0].text} {b64encode(controls[1].data).decode()}")
    home = tmp_path_factory.mktemp("console canary")
    with running(home, **environment_of(database, home), **CONSOLE) as run:
        run.until("Ctrl-C")
        headers = {"Authorization": f"Bearer {token_of(claims_of(CREATOR))}"}
        with httpx.Client(base_url=run.address, headers=headers, timeout=60) as creator:
            use_it(creator, f"/api/v1/{CREATOR}/ideas", lambda: next(sown))
        fail_a_job(database)
        sealed = pieces(database)
        with httpx.Client(base_url=run.address, timeout=60) as client:
            walk = Walk(client)
            assert walk.sign_in(next(sown)).status_code == 403
            assert walk.sign_in(key).status_code == 303
            walk.everywhere()
            form = walk.get("/console/none")
            refused(walk, database, form.text.partition('name="form_token" value="')[2].partition('"')[0], next(sown))
            while walk.act():
                walk.everywhere()
    yield Shown(mark, sealed, controls, walk, run.printed)
    cluster.drop(database)


def fail_a_job(database: Database) -> None:
    executed(
        database,
        "INSERT INTO jobs.queue (tenant_id, subject_id, priority, status, entrypoint, headers) "
        "SELECT tenant_id, tenant_id, 0, 'failed', 'erasure.erase_vault', json_build_object('tenant_id', tenant_id, "
        f"'user_id', '{CREATOR}', 'subject_id', tenant_id) FROM tenants LIMIT 2",
    )


def test_every_page_and_action_was_seen(shown: Shown) -> None:
    declared = {(name, action.name) for name, section in sections().items() for action in section.actions}
    declared |= {
        (name, action.name) for name, section in sections().items() if section.item for action in section.item.actions
    }
    paths = {answer.request.url.path for answer in shown.walk.answers if answer.status_code == 200}
    posted = {answer.request.url.path for answer in shown.walk.answers if answer.request.method == "POST"}

    assert set(shown.walk.actions) == declared
    assert {(found[1], found[2]) for path in posted if (found := ACTION.fullmatch(path))} == declared
    for name, section in sections().items():
        assert f"/console/{name}" in paths
        assert section.item is None or f"/console/{name}/item" in paths, name


def test_every_link_leads_to_a_page(shown: Shown) -> None:
    assert not shown.walk.broken


def test_no_canary_is_shown(shown: Shown) -> None:
    assert not search(shown.mark, shown.answers)
    assert not search(shown.mark, [("log", shown.log.encode())])


def test_nothing_sealed_is_shown(shown: Shown) -> None:
    assert {piece.name for piece in shown.sealed} >= {"ideas.title", "ideas.notes", "ideas.tags"}
    for piece in shown.sealed:
        assert not search(piece, shown.answers)
        assert not search(piece, [("log", shown.log.encode())])


def test_the_search_finds_what_is_shown(shown: Shown) -> None:
    for control in shown.controls:
        places = {find.place.partition("?")[0] for find in search(control, shown.answers)}
        assert any(place.endswith("/console/operators") for place in places), places


def test_no_cache_keeps_a_page(shown: Shown) -> None:
    kept = {
        answer.request.url.path for answer in shown.walk.answers if answer.headers.get("Cache-Control") != "no-store"
    }

    assert kept
    assert all(path.startswith(ASSETS) for path in kept), kept
    assert any(answer.request.url.path == SIGN_IN for answer in shown.walk.answers)
