"""Kinds of jobs, and schedules, as apps declare them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Self
from uuid import UUID

from creatorvault.core.identifiers import TenantId
from creatorvault.core.parts import Parts


class JobFailed(Exception):
    """A job cannot succeed, so it is not tried again. The text is written to the log: ids and numbers, no content."""


class JobPlace(NamedTuple):
    """What a job is about. The subject is for its kind to know, for instance the id of an import."""

    tenant_id: TenantId
    user_id: str | None
    subject_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """`name` begins with that of its app: `transfer.import`.

    `run` may be called more than once for one job, also by two processes at once, so its effects must be idempotent.
    If it raises JobFailed, the job has failed; after another exception it is called again later.
    """

    name: str
    run: Callable[[Parts, JobPlace], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`run` is called every so often, in one process at a time. After an exception it waits for its next time."""

    name: str
    every: timedelta
    run: Callable[[Parts], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Background:
    """Of all apps, by name."""

    kinds: Mapping[str, JobKind]
    schedules: Mapping[str, Schedule]

    @classmethod
    def of(cls, kinds: Sequence[JobKind], schedules: Sequence[Schedule]) -> Self:
        """Raises ValueError if two have the same name."""
        found = cls({kind.name: kind for kind in kinds}, {schedule.name: schedule for schedule in schedules})
        if len(found.kinds) < len(kinds) or len(found.schedules) < len(schedules):
            raise ValueError("two kinds of jobs, or two schedules, have the same name")
        return found
