"""Statements on figures, for the operators' login. The tables hold numbers, times and codes of alerts, and no ids."""

from typing import Final

from creatorvault.figures.durations import BUCKETS

_STEP: Final = "date_bin($1::float * interval '1 second', {}, '2000-01-01 00:00:00+00'::timestamptz)"
_SUMS: Final = ", ".join(f"sum(durations[{at}])::bigint" for at in range(1, BUCKETS + 1))
_ADDED: Final = ", ".join(f"stored.durations[{at}] + excluded.durations[{at}]" for at in range(1, BUCKETS + 1))

ADD_REQUESTS: Final = f"""
    INSERT INTO request_figures AS stored (minute, errors, writes, durations) VALUES ($1, $2, $3, $4::bigint[])
    ON CONFLICT (minute) DO UPDATE SET errors = stored.errors + excluded.errors,
        writes = stored.writes + excluded.writes, durations = ARRAY[{_ADDED}]
    RETURNING minute
"""  # noqa: S608 - constants
"""Adds to the row of the minute $1, which all processes share."""

ADD_ALERTS: Final = """
    INSERT INTO alert_figures AS stored (minute, code, raised) VALUES ($1, $2, $3)
    ON CONFLICT (minute, code) DO UPDATE SET raised = stored.raised + excluded.raised
    RETURNING minute
"""
VAULTS: Final = """
    SELECT key_version, count(*), coalesce(sum(idea_count), 0)::bigint, coalesce(sum(sealed_bytes), 0)::bigint
    FROM vaults GROUP BY key_version ORDER BY key_version
"""
SAMPLE_VAULTS: Final = """
    INSERT INTO vault_figures (taken_at, vaults, ideas, sealed_bytes, key_versions) VALUES ($1, $2, $3, $4, $5::jsonb)
    RETURNING taken_at
"""
SAMPLE_QUEUE: Final = """
    INSERT INTO queue_figures (taken_at, waiting, failed)
    SELECT $1, count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'failed') FROM jobs.queue
    RETURNING taken_at
"""
FORGET: Final = (
    "DELETE FROM request_figures WHERE minute < $1 RETURNING minute",
    "DELETE FROM alert_figures WHERE minute < $1 RETURNING minute",
    "DELETE FROM vault_figures WHERE taken_at < $1 RETURNING taken_at",
    "DELETE FROM queue_figures WHERE taken_at < $1 RETURNING taken_at",
)

# Of each of these, $1 is the length of a step in seconds, and $2 when the first one begins.
REQUESTS: Final = f"""
    SELECT {_STEP.format("minute")} AS at, sum(errors)::bigint, sum(writes)::bigint, ARRAY[{_SUMS}]
    FROM request_figures WHERE minute >= $2 GROUP BY at ORDER BY at
"""  # noqa: S608 - constants
ALERTS: Final = f"""
    SELECT {_STEP.format("minute")} AS at, code, sum(raised)::bigint, max(minute)
    FROM alert_figures WHERE minute >= $2 GROUP BY at, code ORDER BY at, code
"""  # noqa: S608 - constants
VAULT_SAMPLES: Final = f"""
    SELECT DISTINCT ON (at) {_STEP.format("taken_at")} AS at, taken_at, vaults, ideas, sealed_bytes, key_versions::text
    FROM vault_figures WHERE taken_at >= $2 ORDER BY at, taken_at DESC
"""  # noqa: S608 - constants
"""The last sample of each step."""

QUEUE_SAMPLES: Final = f"""
    SELECT {_STEP.format("taken_at")} AS at, max(taken_at), max(waiting), max(failed)
    FROM queue_figures WHERE taken_at >= $2 GROUP BY at ORDER BY at
"""  # noqa: S608 - constants
"""The highest numbers of each step."""
