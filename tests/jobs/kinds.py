"""Jobs and schedules that leave marks in a table: started, done, and by which process."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from creatorvault.core.background.declarations import Background
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.parts import Parts
from creatorvault.jobs.kinds import JobFailed, JobKind, JobPlace, Schedule

MARKS: Final = """
    CREATE TABLE IF NOT EXISTS public.marks (
        number bigint GENERATED ALWAYS AS IDENTITY,
        subject uuid, tenant text, mark text NOT NULL, process integer NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE UNIQUE INDEX IF NOT EXISTS marks_done ON public.marks (subject) WHERE mark = 'done' AND subject IS NOT NULL;
    GRANT SELECT, INSERT ON public.marks TO creatorvault_runtime
"""
MARK: Final = """
    INSERT INTO public.marks (subject, tenant, mark, process)
    VALUES ($1, current_setting('app.tenant_id', true), $2, $3) ON CONFLICT DO NOTHING RETURNING number
"""
STARTS: Final = "SELECT count(*) FROM public.marks WHERE subject = $1 AND mark = 'started'"
PRIVATE: Final = "a private title"
TICK_SECONDS: Final = 0.3


async def mark(parts: Parts, place: JobPlace | None, text: str) -> int:
    """Returns how often the job has been started."""
    async with parts[Database].writing(None if place is None else place.tenant_id) as session:
        subject = None if place is None else place.subject_id
        await run(session, MARK, subject, text, os.getpid())
        [(starts,)] = await run(session, STARTS, subject)
        return int(starts)


async def do(parts: Parts, place: JobPlace) -> None:
    await mark(parts, place, "started")
    await mark(parts, place, "done")


async def hang_once(parts: Parts, place: JobPlace) -> None:
    """Never ends in the first process that runs it."""
    if await mark(parts, place, "started") == 1:
        await asyncio.Event().wait()
    await mark(parts, place, "done")


async def fail_once(parts: Parts, place: JobPlace) -> None:
    if await mark(parts, place, "started") == 1:
        raise ValueError(PRIVATE)
    await mark(parts, place, "done")


async def fail(parts: Parts, place: JobPlace) -> None:
    await mark(parts, place, "started")
    raise ValueError(PRIVATE)


async def give_up(parts: Parts, place: JobPlace) -> None:
    await mark(parts, place, "started")
    raise JobFailed("unreadable")


async def kill(parts: Parts, place: JobPlace) -> None:
    """Ends its process."""
    await mark(parts, place, "started")
    os.kill(os.getpid(), signal.SIGKILL)


async def tick(parts: Parts) -> None:
    await mark(parts, None, "tick")
    await asyncio.sleep(TICK_SECONDS)
    await mark(parts, None, "tock")


async def break_down(parts: Parts) -> None:
    await mark(parts, None, "broken")
    raise ValueError(PRIVATE)


RUNS: Final[dict[str, Callable[[Parts, JobPlace], Awaitable[None]]]] = {
    "tests.do": do,
    "tests.hang_once": hang_once,
    "tests.fail_once": fail_once,
    "tests.fail": fail,
    "tests.give_up": give_up,
    "tests.kill": kill,
}
KINDS: Final = [JobKind(name=name, run=run) for name, run in RUNS.items()]
SECOND: Final = timedelta(seconds=1)


def background() -> Background:
    """Takes the place of what the apps declare."""
    return Background.of(
        KINDS,
        [
            Schedule(name="tests.tick", every=SECOND, run=tick),
            Schedule(name="tests.break_down", every=SECOND, run=break_down),
        ],
    )
