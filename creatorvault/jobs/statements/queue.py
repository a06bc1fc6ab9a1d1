"""Statements on the queue of all tenants, for the operators' login."""

from typing import Final

from creatorvault.core.database.statements import Statements
from creatorvault.jobs.statistics import QueueFigures

STATES: Final = "SELECT status::text, count(*) FROM jobs.queue GROUP BY status"
OLDEST: Final = """
    SELECT coalesce(extract(epoch FROM now() - min(execute_after)), 0)::float FROM jobs.queue
    WHERE status = 'queued' AND execute_after <= now()
"""
"""Seconds for which the oldest job that is due has been waiting."""

WAITING: Final = """
    SELECT count(*) FROM jobs.queue WHERE status = 'queued' AND execute_after < now() - $1::float * interval '1 second'
        AND NOT EXISTS (
            SELECT FROM jobs.queue WHERE status = 'picked' AND heartbeat > now() - $1::float * interval '1 second'
        )
"""
"""The number of jobs that have been due for $1 seconds, 0 if some process has shown to be working since then."""

FORGET: Final = """
    DELETE FROM jobs.queue_log WHERE created < now() - $1::float * interval '1 day'
        AND NOT EXISTS (SELECT FROM jobs.queue WHERE queue.id = queue_log.job_id) RETURNING 1
"""
"""What is older than $1 days, of jobs that have ended."""


async def figures(statements: Statements) -> QueueFigures:
    """Raises ServiceUnavailable."""
    rows = await statements.rows(STATES)
    [(oldest,)] = await statements.rows(OLDEST)
    return QueueFigures({state: count for state, count in rows}, oldest)  # noqa: C416 - dict() would not be typed
