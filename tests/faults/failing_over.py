"""A failover under load: two PostgreSQL servers, two services that know both, and clients that judge every answer."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from creatorvault.ideas.drafting import idea_tag
from tests.faults.changing import LIST, SEARCH, Changer, Log
from tests.faults.clients import Answer, ask
from tests.faults.ledger import Failover, Versions
from tests.faults.promises import Promise
from tests.faults.servers import Server
from tests.faults.service import Service
from tests.vault_rows import KEPT_BYTES

CREATORS: Final = 12
NEWCOMERS: Final = 4
ANSWER_SECONDS: Final = 5.0
RECOVERY_SECONDS: Final = 1.0
WITHOUT_PRIMARY_SECONDS: Final = 1.5
HANGING_SECONDS: Final = 8.0
"""Until a cluster manager has decided that a server hangs, every request to it has reached its time limit."""

SETTLING_SECONDS: Final = 0.2
"""Answers that were on their way when the server was killed."""

INFINITY: Final = float("inf")
ALLOWED: Final = frozenset({200, 201, 204, 304, 404, 412, 503})
SET_BACK: Final = "vault_set_back"


class Mode(StrEnum):
    SYNCHRONOUS = "synchronous standby, primary killed"
    HANGING = "synchronous standby, primary hangs"
    ASYNCHRONOUS = "asynchronous standby that lags, primary killed"


class Servers(NamedTuple):
    primary: Server
    standby: Server

    def url(self, login: str) -> str:
        """One address of both."""
        return f"postgresql://{login}@/creatorvault?host={self.primary.place.socket},{self.standby.place.socket}"


@contextmanager
def servers(folder: Path, options: dict[str, str] | None = None) -> Iterator[Servers]:
    with Server(folder / "first", options) as primary, Server(folder / "second", options, follows=primary) as standby:
        yield Servers(primary, standby)


@asynccontextmanager
async def services(folder: Path, both: Servers, checkout: Path | None = None) -> AsyncGenerator[Sequence[Service]]:
    """Two, one after the other: the first migrates."""
    started: list[Service] = []
    try:
        for _ in range(2):
            service = Service(folder, both.url("creatorvault_app"), both.url("creatorvault_owner"))
            service.checkout = checkout
            await service.start()
            started.append(service)
        yield started
    finally:
        for service in started:
            await service.stop()


class Readiness:
    """Asks a service again and again whether it is ready, and whether it lives."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.answers: list[Answer] = []
        self.lived = True

    async def keep_asking(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            self.answers.append(await ask(self._port, "GET", "/health/ready"))
            self.lived &= (await ask(self._port, "GET", "/health")).status == 200
            await asyncio.sleep(0.05)

    def between(self, start: float, end: float) -> Counter[int]:
        """Returns the statuses of the answers to what was asked and answered between the two moments."""
        return Counter(answer.status for answer in self.answers if start <= answer.began and answer.ended <= end)

    def ready_again(self, since: float) -> float:
        """Seconds until it was ready."""
        return next((answer.ended - since for answer in self.answers if answer.ended > since and answer.ok), INFINITY)


@dataclass
class Scene:
    """Everything that was seen. Moments are those of time.monotonic."""

    mode: Mode
    log: Log = field(default_factory=Log)
    readiness: list[Readiness] = field(default_factory=list)
    killed_at: float = 0.0
    promoting_at: float = 0.0
    """When the promotion was asked for: before this moment nothing can be stored in the new primary."""
    promoted_at: float = 0.0
    stored_at_promotion: Versions = field(default_factory=dict)
    stored_at_end: Versions = field(default_factory=dict)
    vaults: int = 0
    unequal_vaults: int = 0
    disagreeing: int = 0
    alarms: int = 0
    processes_kept: bool = True

    @property
    def failover(self) -> Failover:
        return Failover(self.log.ledger, self.stored_at_promotion, self.killed_at, self.promoting_at)

    def after(self, answer: Answer) -> bool:
        return answer.began >= self.promoting_at


async def fail_over(mode: Mode, both: Servers, running: Sequence[Service], seconds: float) -> Scene:
    """`seconds` are those under load before the failover, after it, and after the earlier primary has come back."""
    primary, standby = both
    scene = Scene(mode, readiness=[Readiness(service.port) for service in running])
    ports, stopping = [service.port for service in running], asyncio.Event()
    processes = [service.pid for service in running]
    changers = [Changer(ports, scene.log) for _ in range(CREATORS)]
    newcomers = [Changer(ports, scene.log) for _ in range(NEWCOMERS)]
    if mode is not Mode.ASYNCHRONOUS:
        await primary.require_standby()
    async with asyncio.TaskGroup() as tasks:
        for actor in changers:
            tasks.create_task(actor.keep_going(stopping))
        for readiness in scene.readiness:
            tasks.create_task(readiness.keep_asking(stopping))
        await asyncio.sleep(seconds)
        if mode is Mode.ASYNCHRONOUS:
            await standby.stop_receiving()
            await asyncio.gather(*(_arrive(newcomer, ports[0]) for newcomer in newcomers))
            await asyncio.sleep(seconds)
        scene.killed_at = time.monotonic()
        primary.stop_answering() if mode is Mode.HANGING else primary.kill()
        try:
            await _promoted(scene, standby)
            if mode is Mode.ASYNCHRONOUS:
                await asyncio.gather(*(_return(newcomer, *ports) for newcomer in newcomers))
            await asyncio.sleep(seconds)
        finally:
            if mode is Mode.HANGING:
                primary.kill()
        await asyncio.to_thread(primary.rejoin, standby)
        await asyncio.sleep(seconds)
        stopping.set()
    sql = await standby.connect()
    scene.stored_at_end = await _stored(sql)
    scene.vaults, scene.unequal_vaults = await _vaults(sql)
    await sql.close()
    scene.disagreeing = sum([await _disagree(actor, ports) for actor in (*changers, *newcomers)])
    scene.alarms = running[0].log.count(f"code={SET_BACK}")
    scene.processes_kept = processes == [service.pid for service in running]
    return scene


async def _promoted(scene: Scene, standby: Server) -> None:
    sql = await standby.replayed()
    scene.stored_at_promotion = await _stored(sql)
    await sql.close()
    seconds_without = HANGING_SECONDS if scene.mode is Mode.HANGING else WITHOUT_PRIMARY_SECONDS
    await asyncio.sleep(scene.killed_at + seconds_without - time.monotonic())
    scene.promoting_at = time.monotonic()
    scene.promoted_at = await standby.promote()


async def _arrive(newcomer: Changer, port: int) -> None:
    """A creator's first ideas, whose vault and key are lost; this service has them all in memory."""
    for _ in range(2):
        await newcomer.create(port)
    for path in (LIST, SEARCH, *(f"/{idea_id}" for idea_id in newcomer.tags)):
        await newcomer.read(path, port)


async def _return(newcomer: Changer, knows: int, does_not: int) -> None:
    """The first ideas once more, through the service that does not know the vault; then the other one is asked."""
    lost = list(newcomer.tags)
    created = 0
    async with asyncio.timeout(60):
        while created < 3:
            created += await newcomer.create(does_not) is not None
    for idea_id in lost:
        await newcomer.read(f"/{idea_id}", knows)
    for path in (LIST, SEARCH, *(f"/{idea_id}" for idea_id in newcomer.tags)):
        for port in (knows, does_not):
            await newcomer.read(path, port)


async def _stored(sql: asyncpg.Connection) -> Versions:
    return {str(idea_id): idea_tag(stamp, 0) for idea_id, stamp in await sql.fetch("SELECT id, stamp FROM ideas")}


async def _vaults(sql: asyncpg.Connection) -> tuple[int, int]:
    """How many there are, and how many of them do not equal the rows of their ideas."""
    vaults, unequal = await sql.fetchrow(
        f"""
        SELECT count(*), count(*) FILTER (
            WHERE (vaults.idea_count, vaults.sealed_bytes, vaults.digest)
                IS DISTINCT FROM (rows.ideas, kept.bytes, rows.digest)
        )
        FROM vaults CROSS JOIN LATERAL (
            SELECT count(*) AS ideas, coalesce(bit_xor(stamp), 0) AS digest
            FROM ideas WHERE ideas.tenant_id = vaults.tenant_id AND ideas.user_id = vaults.user_id
        ) AS rows CROSS JOIN LATERAL (
            {KEPT_BYTES} WHERE kept.tenant_id = vaults.tenant_id AND kept.user_id = vaults.user_id
        ) AS kept
        """
    )
    return vaults, unequal


async def _disagree(actor: Changer, ports: Sequence[int]) -> int:
    """How many queries the services answer differently."""
    different = 0
    for path in (LIST, SEARCH):
        answers = [await actor.ask("GET", path, port=port) for port in ports]
        different += len({(answer.status, answer.body, answer.header("ETag")) for answer in answers}) != 1
    return different


def promises(scene: Scene) -> list[Promise]:
    log, failover = scene.log, scene.failover
    return [
        *_writes(scene),
        _no_ghosts(scene, failover),
        _without_primary(scene),
        _statuses(scene),
        _recovery(scene, log),
        Promise(
            f"no answer takes longer than {ANSWER_SECONDS:.0f} s",
            f"slowest {max(answer.seconds for answer in log.answers) * 1000:.0f} ms",
            all(answer.seconds <= ANSWER_SECONDS for answer in log.answers),
            is_timed=True,
        ),
        _ready(scene),
        Promise(
            "both services answer alike, vaults equal their rows",
            f"{scene.disagreeing} differ, {scene.unequal_vaults} of {scene.vaults} vaults unequal",
            not scene.disagreeing and not scene.unequal_vaults,
        ),
    ]


def _writes(scene: Scene) -> Iterator[Promise]:
    ledger, start, end = scene.log.ledger, scene.promoting_at, INFINITY
    acknowledged = [write for write in ledger.writes.values() if write.acknowledged_at is not None]
    before = sum(write.acknowledged_at < start for write in acknowledged if write.acknowledged_at is not None)
    lost = len(ledger.lost(scene.stored_at_promotion, 0, start))
    found = f"{lost} of {before}"
    if scene.mode is Mode.ASYNCHRONOUS:
        yield Promise("acknowledged writes are really lost, or the rest shows nothing", found, lost > 0)
    else:
        yield Promise("no acknowledged write is lost", found, lost == 0 < before)
    lost = len(ledger.lost(scene.stored_at_end, start, end))
    after = len(acknowledged) - before
    yield Promise("no write acknowledged after the promotion is lost", f"{lost} of {after}", lost == 0 < after)


def _no_ghosts(scene: Scene, failover: Failover) -> Promise:
    ledger = scene.log.ledger
    shown = [shown for shown in scene.log.shown if scene.after(shown.answer)]
    ghosts = Counter(
        entry.what
        for entry in shown
        for idea_id, token in entry.items
        if failover.is_ghost(idea_id, ledger.writes[token])
    )
    matched = [match for match in scene.log.matched if scene.after(match.answer)]
    ghosts["If-Match"] = sum(failover.is_ghost_tag(match.idea_id, match.tag) for match in matched)
    unchanged = sum(entry.answer.status == 304 for entry in shown)
    found = f"{+ghosts or 'none'} in {len(shown)} answers ({unchanged} are 304) and {len(matched)} If-Match"
    return Promise("no lost version in a get, list, search, 304 or If-Match", str(found), not +ghosts and bool(shown))


def _without_primary(scene: Scene) -> Promise:
    start, end = scene.killed_at + SETTLING_SECONDS, scene.promoting_at
    answers = [answer for answer in scene.log.answers if answer.began > start and answer.ended < end]
    others = Counter(answer.status for answer in answers if answer.status != 503)
    found = f"{len(answers) - others.total()} of {len(answers)} are 503"
    return Promise("without a primary, requests are answered 503", found, not others)


def _statuses(scene: Scene) -> Promise:
    """An asynchronous failover may cost each service one 500 for each vault, the alarm of its lost commits."""
    answers = scene.log.answers
    unavailable = [answer for answer in answers if answer.status == 503]
    bare = sum(
        answer.header("Retry-After") is None or answer.header("Content-Type") != "application/problem+json"
        for answer in unavailable
    )
    others = Counter(answer.status for answer in answers if answer.status not in ALLOWED)
    alarms = others.pop(500, 0) if scene.mode is Mode.ASYNCHRONOUS else 0
    found = (
        f"{len(unavailable)} are 503, {bare} of them bare; {alarms} are {SET_BACK}; others: {dict(others) or 'none'}"
    )
    return Promise(
        "503 has Retry-After and a problem; no other 5xx but an alarm of lost commits",
        found,
        not bare and not others and alarms <= min(scene.alarms, scene.vaults * len(scene.readiness)),
    )


def _recovery(scene: Scene, log: Log) -> Promise:
    first = [
        min(
            (answer.ended - scene.promoted_at for answer in answers if answer.ok and answer.ended > scene.promoted_at),
            default=INFINITY,
        )
        for answers in (log.writes, [entry.answer for entry in log.shown])
    ]
    write, read = first
    found = f"write after {write * 1000:.0f} ms, read after {read * 1000:.0f} ms"
    return Promise(
        f"first success within {RECOVERY_SECONDS:.0f} s of the promotion",
        found,
        max(first) <= RECOVERY_SECONDS,
        is_timed=True,
    )


def _ready(scene: Scene) -> Promise:
    start, end = scene.killed_at + SETTLING_SECONDS, scene.promoting_at
    before = [readiness.between(0, scene.killed_at) for readiness in scene.readiness]
    without = [readiness.between(start, end) for readiness in scene.readiness]
    again = max(readiness.ready_again(scene.promoted_at) for readiness in scene.readiness)
    return Promise(
        "not ready without a primary, and ready again; no restart",
        f"without: {' and '.join(str(dict(statuses)) for statuses in without)}; ready after {again * 1000:.0f} ms",
        all(statuses[200] for statuses in before)
        and all(statuses.keys() == {503} for statuses in without)
        and again < INFINITY
        and all(readiness.lived for readiness in scene.readiness)
        and scene.processes_kept,
    )
