"""Moves a generated table of the plaintext FastAPI service into vaults: python -m benchmarks.importing [--rows 1000000]

The command is killed twice (SIGKILL) and started again. Then: is everything stored, nothing twice, every broken row
listed, and is nothing of the content in what PostgreSQL has written? Exit status 1 if not, or if it is too slow.

2,000 creators, one of whom has a tenth of the rows. The command runs on one processor, the two PostgreSQL servers, of
the source and of CreatorVault, on the others.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from benchmarks.cluster import Cluster, apart
from benchmarks.content import Text
from benchmarks.keys import OPERATOR, admit_operators
from benchmarks.processes import cpu_seconds
from benchmarks.seeding import PLAIN
from tests.canaries import Mark, search
from tests.faults.promises import Promise, table

CREATORS: Final = 2_000
GOAL: Final = 10_000
"""Rows per second, of a run that is not interrupted."""

CHUNK: Final = 5_000
FIRST_PROCESSOR: Final = 0
TABLE: Final = """
    CREATE TABLE ideas (
        id text NOT NULL, user_id varchar(255) NOT NULL, title text NOT NULL, notes text, stage varchar(20) NOT NULL,
        priority varchar(20) NOT NULL, tags text, due_date timestamptz, created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
"""
"""As SQLModel creates it, without the lengths that would refuse broken rows."""

AS_SHIPPED: Final = """
    ALTER TABLE ideas ADD PRIMARY KEY (id);
    CREATE INDEX ix_ideas_user_created ON ideas (user_id, created_at);
    ANALYZE ideas;
"""
COUNTED: Final = "SELECT coalesce(sum(idea_count), 0)::bigint FROM vaults"
STORED: Final = "SELECT count(*), count(DISTINCT id), count(DISTINCT user_id) FROM ideas"
PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")

type Values = dict[str, Any]

BROKEN: Final[Sequence[Values]] = (
    {"id": "no uuid {number}"},
    {"title": "   "},
    {"title": "x" * 201},
    {"notes": "x" * 5001},
    {"stage": "archived"},
    {"priority": "urgent"},
    {"tags": "x" * 1001},
    {"user_id": ""},
    {"title": ""},
    {"stage": "IDEA", "priority": ""},
)


class Run(NamedTuple):
    """`stored` counts ideas that this run has stored; `peak` is the resident memory of the command in bytes.

    `cpu` are its seconds of processor time, nearly: those before the last look.
    """

    seconds: float
    cpu: float
    stored: int
    peak: int
    said: str
    status: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--broken", type=int, default=50)
    parser.add_argument("--kills", type=int, default=2)
    options = parser.parse_args()
    with Cluster() as source, Cluster() as target:
        for cluster in (source, target):
            os.sched_setaffinity(cluster.process_id, _others())
        source.create("fastapi")
        target.create("ours")
        target.migrate("ours")
        mark = Mark.new()
        broken = asyncio.run(_fill(source.url("postgres", "fastapi"), options.rows, options.broken, mark))
        environment = {
            **os.environ,
            **target.environment("ours"),
            "DATABASE_OPERATOR_URL": target.url(OPERATOR, "ours"),
            "FASTAPI_DATABASE_URL": source.url("postgres", "fastapi"),
        }
        apart(admit_operators, environment)
        good = options.rows - len(broken)
        runs = _runs(target, environment, good, options.kills)
        promises = list(_judged(target, runs, options.rows, broken, mark))
    print(
        table(("promise", "found", "verdict"), [(p.text, p.found, "holds" if p.holds else "BROKEN") for p in promises])
    )
    return 0 if all(promise.holds for promise in promises) else 1


def _others() -> set[int]:
    everything = set(range(os.cpu_count() or 1))
    return everything - {FIRST_PROCESSOR} or everything


async def _fill(url: str, rows: int, broken: int, mark: Mark) -> dict[str, str]:
    """Returns what is broken: ids, with the first field that is."""
    database = await asyncpg.connect(url)
    await database.execute(TABLE)
    found = dict[str, str]()
    every = max(rows // broken, 1) if broken else rows + 1
    chunk = list[Values]()
    for number, row in enumerate(_rows(rows, mark)):
        if number % every == every // 2 and len(found) < broken:
            wrong = BROKEN[len(found) % len(BROKEN)]
            row |= {name: value.format(number=number) for name, value in wrong.items()}
            found[row["id"]] = next(iter(wrong))
        chunk.append(row)
        if len(chunk) == CHUNK or number == rows - 1:
            await database.copy_records_to_table("ideas", records=[tuple(r.values()) for r in chunk], columns=PLAIN)
            chunk.clear()
    await database.execute(AS_SHIPPED)
    await database.close()
    return found


def _rows(rows: int, mark: Mark) -> Iterator[Values]:
    """In the order in which a service would have stored them: by time, not by creator."""
    chance, text = random.Random(11), Text("import")
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for number in range(rows):
        body = text.body()
        creator = 0 if chance.random() < 0.1 else 1 + chance.randrange(CREATORS - 1)
        created = start + timedelta(seconds=20 * number)
        changed = created + timedelta(days=chance.randrange(30)) if chance.random() < 0.4 else created
        yield {
            "id": str(UUID(int=chance.getrandbits(128), version=4)),
            "user_id": f"creator-{creator:05}",
            "title": f"{body['title'][:150]} {mark.text}t",
            "notes": f"{body['notes']} {mark.text}n",
            "stage": body["stage"],
            "priority": body["priority"],
            "tags": ",".join([*body["tags"], f"{mark.text}g"]),
            "due_date": created + timedelta(days=40) if chance.random() < 0.2 else None,
            "created_at": created,
            "updated_at": changed,
        }


def _runs(target: Cluster, environment: Mapping[str, str], good: int, kills: int) -> list[Run]:
    command = [sys.executable, "-m", "creatorvault", "import", "fastapi", "--report", str(target.home / "report")]
    runs, before = list[Run](), 0
    for number in range(1, kills + 2):
        until = good * number // (kills + 1) if number <= kills else None
        log = target.home / f"import-{number}"
        with log.open("wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=output)
        os.sched_setaffinity(process.pid, {FIRST_PROCESSOR})
        peak, cpu = 0, 0.0
        while process.poll() is None:
            peak, cpu = max(peak, _peak(process.pid)), max(cpu, cpu_seconds(process.pid))
            if until is not None and asyncio.run(_row(target, COUNTED))[0] >= until:
                process.kill()
            time.sleep(0.2)
        seconds = time.monotonic() - began
        stored = int(asyncio.run(_row(target, COUNTED))[0])
        runs.append(Run(seconds, cpu, stored - before, peak, log.read_text(encoding="utf-8"), process.returncode))
        print(f"run {number}: {seconds:.1f} s, {runs[-1].stored:,} ideas stored, exit status {process.returncode}")
        before = stored
    print(runs[-1].said)
    return runs


def _judged(
    target: Cluster, runs: Sequence[Run], rows: int, broken: Mapping[str, str], mark: Mark
) -> Iterator[Promise]:
    *killed, last = runs
    good = rows - len(broken)
    lines = [json.loads(line) for line in (target.home / "report").read_text(encoding="utf-8").splitlines()]
    listed = {line["id"]: line["reasons"][0].partition(":")[0] for line in lines if line["kind"] == "broken"}
    count, distinct, creators = asyncio.run(_row(target, STORED))
    closing = lines[-1]
    peak = max(run.peak for run in runs)
    seconds = sum(run.seconds for run in runs)
    rate, first = rows / seconds, runs[0].stored / runs[0].seconds
    statuses = [run.status for run in runs]
    yield Promise(
        f"killed {len(killed)} times, then finished",
        f"exit statuses {statuses}",
        statuses == [-signal.SIGKILL] * len(killed) + [0],
    )
    found = f"{count:,} ideas, {distinct:,} ids, {creators:,} creators"
    yield Promise("every good row is stored, nothing twice", found, count == distinct == good)
    found = f"{closing['rows']:,} rows, {closing['accepted']:,} accepted"
    sums = closing["rows"], closing["accepted"], closing["stored"] + closing["already_stored"]
    yield Promise("the report counts every row", found, sums == (rows, good, good))
    yield Promise("digests are equal", f"{closing['source_digest'][:16]} …", bool(closing["equal"]))
    yield Promise("every broken row is listed by id", f"{len(listed)} of {len(broken)}", listed == dict(broken))
    yield Promise("constant memory: at most 256 MiB", f"{peak / 2**20:.0f} MiB", peak <= 2**28)
    found = f"{rate:,.0f} in {seconds:.0f} s; the first run stored {first:,.0f} a second"
    yield Promise(f"at least {GOAL:,} rows a second in all runs", found, rate >= GOAL, is_timed=True)
    found = f"{1e6 * last.cpu / rows:.0f} us; PostgreSQL of CreatorVault {1e6 * target.cpu_seconds / rows:.0f}"
    yield Promise("processor time of the last run for each row", found, holds=True)
    yield _scan(target, [run.said for run in runs], mark)


def _scan(target: Cluster, said: Sequence[str], mark: Mark) -> Promise:
    target.checkpoint()
    files, size, finds = 0, 0, list[Any]()
    for path in sorted(target.home.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            files, size = files + 1, size + len(content)
            finds += search(mark, [(str(path.relative_to(target.home)), content)])
    finds += search(mark, [("output", text.encode()) for text in said])
    found = f"{files:,} files of {size / 2**20:,.0f} MiB: {sorted({find.place for find in finds}) or 'nothing'}"
    return Promise("no content in files, WAL, logs, report", found, not finds)


async def _row(cluster: Cluster, statement: str) -> Any:
    database = await asyncpg.connect(cluster.url("postgres", "ours"))
    try:
        return await database.fetchrow(statement)
    finally:
        await database.close()


def _peak(pid: int) -> int:
    try:
        found = PEAK.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
