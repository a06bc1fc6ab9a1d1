"""How fast a creator's file moves in, and what it costs others: python -m benchmarks.importing_files [--ideas 100000]

The application runs in this process, on a PostgreSQL of the benchmark's own. For each format: the preview, the upload
until it is accepted, and the job; the memory that they add; and the longest time for which the event loop did nothing
else, which is how long a short request of somebody else may have waited.
"""

import argparse
import asyncio
import csv
import gzip
import io
import json
import resource
import time
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
import msgspec
import uvloop

from benchmarks.cluster import Cluster
from benchmarks.content import Group, stored_ideas
from benchmarks.seeding import response_of_stored
from benchmarks.works import token
from creatorvault.asgi import create_app
from creatorvault.core.identifiers import UserId
from creatorvault.core.parts import parts_of
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.jobs.kinds import JobPlace
from creatorvault.settings.loading import load_settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from creatorvault.transfer.importing.job import run_import

PAUSE: Final = 0.001
LOOKS: Final = 20
"""Pauses between two looks at the memory."""

_RESIDENT: Final[list[int]] = []

MIB: Final = 2**20

type Write = Callable[[Sequence[IdeaResponse]], bytes]


class Cost(NamedTuple):
    """`seconds` of the clock, `cpu` seconds of this process, `blocked` the longest wait of others in seconds."""

    seconds: float
    cpu: float
    blocked: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=[*FORMATS])
    options = parser.parse_args()
    with Cluster() as cluster:
        cluster.create("ours")
        cluster.migrate("ours")
        uvloop.run(_measure(cluster, options.ideas, options.formats))


async def _measure(cluster: Cluster, ideas: int, formats: Sequence[str]) -> None:
    settings = load_settings(cluster.environment("ours"))
    app = create_app(settings)
    transport: Any = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # Litestar's types of ASGI
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://bench.test", timeout=600) as client,
    ):
        for name in formats:
            user_id = f"mover-{name}"
            given = [response_of_stored(idea) for idea in stored_ideas(Group(name, 1, ideas), user_id)]
            file = FORMATS[name](given)
            print(f"{name}: {len(given):,} ideas, {len(file) / MIB:.1f} MiB")
            del given
            await _move_in(client, parts_of(app), user_id, file, ideas)


async def _move_in(client: httpx.AsyncClient, parts: Any, user_id: str, file: bytes, ideas: int) -> None:
    url, headers = f"/api/v1/{user_id}/imports", {"Authorization": f"Bearer {token(user_id)}"}
    before = _resident()

    _RESIDENT[:] = [before]

    async def send(**parameters: str) -> httpx.Response:
        answer = await client.post(url, content=_pieces(file), headers=headers, params=parameters)
        assert answer.is_success, answer.text
        return answer

    _print("preview", ideas, await _costing(lambda: send(preview="true")))
    accepted: list[httpx.Response] = []

    async def accept() -> None:
        accepted.append(await send())

    _print("accepted", ideas, await _costing(accept))
    tenant = TenantName(TenantKind.PERSONAL, "better-auth", user_id)
    place = JobPlace(tenant.id, UserId(user_id), UUID(accepted[0].json()["id"]))
    _print("job", ideas, await _costing(lambda: run_import(parts, place)))
    state = (await client.get(accepted[0].headers["Location"], headers=headers)).json()
    assert (state["state"], state["stored"]) == ("finished", ideas), state
    print(f"  memory: {(max(_RESIDENT) - before) / MIB:.0f} MiB more at most")


async def _pieces(file: bytes) -> AsyncGenerator[bytes]:
    """As a server hands them on."""
    for at in range(0, len(file), 65_536):
        yield file[at : at + 65_536]


async def _costing(run: Callable[[], Awaitable[object]]) -> Cost:
    async with _watched() as gaps:
        cpu, began = time.process_time(), time.perf_counter()
        await run()
        return Cost(time.perf_counter() - began, time.process_time() - cpu, max(gaps))


@asynccontextmanager
async def _watched() -> AsyncGenerator[list[float]]:
    gaps = [0.0]

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(PAUSE)
            gaps.append(time.perf_counter() - began - PAUSE)
            if len(gaps) % LOOKS == 0:
                _RESIDENT.append(_resident())

    watching = asyncio.create_task(watch())
    try:
        yield gaps
    finally:
        watching.cancel()


def _print(what: str, ideas: int, cost: Cost) -> None:
    rate = f"{ideas / cost.seconds:,.0f} ideas/s"
    print(f"  {what}: {cost.seconds:.2f} s, {rate}, CPU {cost.cpu:.2f} s, others waited {1000 * cost.blocked:.0f} ms")


def _resident() -> int:
    """Returns the memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _own(ideas: Sequence[IdeaResponse]) -> bytes:
    """Compressed, as 100,000 ideas of 500 characters are more than a file may have."""
    start = {"type": "export", "format": "creatorvault", "version": 1, "user_id": "a"}
    lines: list[object] = [
        {**start, "exported_at": "2026-01-01T00:00:00Z"},
        {"type": "settings", "retention_days": None},
    ]
    lines += [{"type": "idea", "number": 1, **msgspec.to_builtins(idea)} for idea in ideas]
    lines.append({"type": "end", "ideas": len(ideas), "versions": 0, "trashed": 0})
    return gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines), 1)


def _csv(ideas: Sequence[IdeaResponse]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["title", "notes", "tags", "stage", "priority"])
    table.writerows([idea.title, idea.notes, ";".join(idea.tags), idea.stage, idea.priority] for idea in ideas)
    return text.getvalue().encode()


def _markdown(ideas: Sequence[IdeaResponse]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, idea in enumerate(ideas):
            head = f"---\ntags: [{', '.join(idea.tags)}]\nstage: {idea.stage}\n---\n"
            archive.writestr(f"Vault/{number}.md", f"{head}# {idea.title}\n\n{idea.notes}\n")
    return packed.getvalue()


FORMATS: Final[dict[str, Write]] = {"creatorvault": _own, "csv": _csv, "markdown": _markdown}


if __name__ == "__main__":
    main()
