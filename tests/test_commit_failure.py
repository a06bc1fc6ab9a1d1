"""A failed commit is never reported as success: the client gets an error, and nothing is stored."""

from typing import Any

import asyncpg
import pytest

from tests.application import House
from tests.logs import captured_logs
from tests.write_paths import STATEMENTS, WRITES, warmed_up, watched

# Fires at COMMIT, after every statement of the request has succeeded.
TRIGGER = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused at commit' USING ERRCODE = '{code}'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON ideas
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
"""
FAILURES = [pytest.param("P0001", 500, id="a fault"), pytest.param("40001", 503, id="a conflict that may pass")]


async def contents(sql: asyncpg.Connection) -> list[Any]:
    """Without empty vaults, their tenants and keys: those are made before the write that needs them."""
    kept = "WHERE tenant_id IN (SELECT tenant_id FROM vaults WHERE revision > 0)"
    tables = ("ideas", "vaults", "tenants", "keys.vault_keys")
    return [await sql.fetch(f"SELECT * FROM {table} AS row {kept} ORDER BY row") for table in tables]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(("code", "status"), FAILURES)
async def test_a_failed_commit_is_503_and_stores_nothing(
    fresh_house: House, fresh_sql: asyncpg.Connection, method: str, code: str, status: int
) -> None:
    ada, newcomer = fresh_house.creator(), fresh_house.creator()
    idea = await ada.idea("Before", notes="n")
    await fresh_sql.execute(TRIGGER.format(code=code))
    before = await contents(fresh_sql)

    with captured_logs() as logs:
        writer, url = (newcomer, newcomer.url) if method == "POST" else (ada, ada.url_of(idea))
        answer = await writer.request(method, url, json={"title": "Afterwards"})

    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["detail", "code", "error"]
    assert "refused" not in answer.text
    assert "Afterwards" not in logs.text
    assert await contents(fresh_sql) == before
    assert (await ada.get(idea)).json() == idea
    assert await ada.titles({"search": "before"}) == ["Before"]
    assert await newcomer.titles() == []


async def test_after_a_failed_commit_the_same_request_succeeds(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    ada = fresh_house.creator()
    await fresh_sql.execute(TRIGGER.format(code="P0001"))
    assert (await ada.post({"title": "First"})).status_code == 500

    await fresh_sql.execute("DROP TRIGGER refuse ON ideas")

    assert (await ada.idea("First"))["title"] == "First"
    assert await ada.titles({"search": "FIRST"}) == ["First"]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(("code", "status"), FAILURES)
async def test_a_failed_commit_of_a_single_statement_stores_nothing(
    fresh_house: House,
    fresh_sql: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    code: str,
    status: int,
) -> None:
    ada, ways = fresh_house.creator(), watched(monkeypatch)
    idea = await warmed_up(ada, ways)
    url = ada.url_to(method, idea)
    await fresh_sql.execute(TRIGGER.format(code=code))
    before = await contents(fresh_sql)

    failed = await ada.request(method, url, json={"title": "Afterwards"})

    assert ways == [STATEMENTS[method]]
    assert failed.status_code == status, failed.text
    assert list(failed.json()) == ["detail", "code", "error"]
    assert await contents(fresh_sql) == before
    assert (await ada.get(idea)).json() == idea
    assert await ada.titles() == ["Before"]

    await fresh_sql.execute("DROP TRIGGER refuse ON ideas")
    # A slightly different idea: an equal one would refer to the commit in doubt.
    assert (await ada.request(method, url, json={"title": "Afterwards", "notes": "again"})).is_success
    assert ways == [STATEMENTS[method]] * 2
    assert await ada.titles() == {"POST": ["Afterwards", "Before"], "DELETE": []}.get(method, ["Afterwards"])
