"""docs/operations/rate-limits.md, row by row: each form of the storage's address counts, or is refused at start."""

import re
from pathlib import Path

import pytest
from valkey.asyncio import Valkey

from creatorvault.core.limits.counters import SharedCounters
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from tests.valkey import PROGRAM, ValkeyServer

PAGE = (Path(__file__).parents[2] / "docs" / "operations" / "rate-limits.md").read_text(encoding="utf-8")
VARIABLE = "CREATORVAULT_LIMITS__STORAGE_URL"


def rows(column: str) -> list[tuple[str, str]]:
    """Returns the rows of the table whose first column has this name."""
    table = PAGE.partition(f"| {column} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(.+?)` \| (.+?) \|$", table, re.MULTILINE)


@pytest.mark.skipif(PROGRAM is None, reason="needs valkey-server or redis-server on PATH")
@pytest.mark.parametrize("form", ["valkey://127.0.0.1:6379", "valkey://127.0.0.1:6379/3", "unix:///socket?db=1"])
async def test_an_accepted_form_counts_in_the_storage_that_it_names(form: str, valkey: ValkeyServer) -> None:
    here = form.replace("6379", str(valkey.port)).replace("/socket", str(valkey.socket))
    database = re.search(r"(?:\d/|db=)(\d)$", form)
    counters = SharedCounters(Secret(here))
    try:
        assert [await counters.add("somebody", 1, 60) for _ in range(2)] == [1, 2]
        assert counters.shared
    finally:
        await counters.aclose()

    async with Valkey(port=valkey.port, db=int(database[1]) if database else 0) as storage:
        assert len(await storage.keys()) == 1


@pytest.mark.parametrize(("form", "meaning"), rows("Accepted"))
async def test_an_accepted_form_is_supported_by_the_client(form: str, meaning: str) -> None:
    assert load_settings({VARIABLE: form}).limits.storage_url is not None
    counters = SharedCounters(Secret(form))  # does not connect yet
    try:
        arguments = counters._pool.connection_kwargs
    finally:
        await counters.aclose()

    assert ("TLS" in meaning) == form.startswith(("valkeys", "rediss"))
    assert arguments.get("ssl_check_hostname", False) == ("TLS that verifies the certificate and the host" in meaning)
    assert arguments.get("password") == ("p@ss" if "p%40ss" in form else "secret" if "secret" in form else None)
    assert arguments.get("db", 0) == (3 if "/3" in form else 1 if "db=1" in form else 0)


@pytest.mark.parametrize(("form", "why"), rows("Refused"))
def test_a_refused_form_is_refused_at_start(form: str, why: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({VARIABLE: form})

    assert str(refused.value) == f"the settings cannot be used:\n  - {VARIABLE} {why}"


def test_the_page_has_accepted_and_refused_forms() -> None:
    assert min(len(rows("Accepted")), len(rows("Refused"))) >= 9
