"""docs/operations/rate-limits.md, row by row: each form of the storage's address counts, or is refused at start."""

import re

import pytest
from valkey.asyncio import Valkey

from creatorvault.core.limits.counters import SharedCounters
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.secret import Secret
from tests.address_tables import forms
from tests.valkey import PROGRAM, ValkeyServer

VARIABLE = "CREATORVAULT_LIMITS__STORAGE_URL"
ACCEPTED = forms("rate-limits.md", "| Accepted |")
REFUSED = forms("rate-limits.md", "| Refused |")


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


async def test_an_accepted_form_is_one_that_the_client_reads() -> None:
    for form, meaning in ACCEPTED:
        assert load_settings({VARIABLE: form}).limits.storage_url is not None
        counters = SharedCounters(Secret(form))  # connects to nothing yet
        try:
            arguments = counters._pool.connection_kwargs
        finally:
            await counters.aclose()

        verifies_host = "TLS that verifies the certificate and the host" in meaning
        assert ("TLS" in meaning) == form.startswith(("valkeys", "rediss")), form
        assert arguments.get("ssl_check_hostname", False) == verifies_host, form
        password = "p@ss" if "p%40ss" in form else "secret" if "secret" in form else None
        assert arguments.get("password") == password, form
        assert arguments.get("db", 0) == (3 if "/3" in form else 1 if "db=1" in form else 0), form


def test_a_form_that_is_not_taken_is_refused_at_start() -> None:
    for form, why in REFUSED:
        with pytest.raises(SettingsError) as refused:
            load_settings({VARIABLE: form})

        assert str(refused.value) == f"the settings cannot be used:\n  - {VARIABLE} {why}", form


def test_the_page_has_rows_of_both_kinds() -> None:
    assert min(len(ACCEPTED), len(REFUSED)) >= 9
