"""The examples of docs/live.md."""

import asyncio
import shutil
import subprocess
from time import monotonic

import httpx
import pytest

from creatorvault.core.identifiers import VaultRevision
from creatorvault.sync.events.streams import KEEP_ALIVE, EndReason, Lifetime, Stream
from tests.application import House
from tests.factories import Creator
from tests.guides.blocks import claimed
from tests.sync.events.clients import served
from tests.ways import vault_of

CURL, EVENTS = claimed(__file__)


async def test_curl_shows_the_events(house: House, ada: Creator) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    await ada.idea()
    async with served(house.app) as client:
        variables = {
            "SERVICE": str(client.base_url).rstrip("/"),
            "TOKEN": ada.token,
            "USER_ID": ada.user_id,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", CURL.text, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        printed, errors = await process.communicate()

    assert process.returncode == 0, errors.decode()
    assert printed.startswith(b'retry: 2000\nid: 1\nevent: revision\ndata: {"revision": 1}\n\n')
    assert printed.endswith(b'event: end\ndata: {"reason": "too_old"}\n\n')


async def test_the_printed_events_are_what_is_sent() -> None:
    stream = Stream(vault_of(Creator(httpx.AsyncClient(), "ada")), "caller", Lifetime(monotonic() + 60, 60), None)
    stream.show(VaultRevision(122))
    printed = stream.first()
    stream.show(VaultRevision(125))
    printed += await stream.next(60) + KEEP_ALIVE
    stream.end(EndReason.SHUTDOWN)
    printed += await stream.next(60)

    assert printed.decode() == EVENTS.text + "\n"
