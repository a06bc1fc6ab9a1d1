"""Rotations of keys and verifications of the audit log that operators ask for. Each is a job without a tenant.

The first two arguments are that tenant, the nil UUID, and the kind of the jobs. The subject of a job is the number of
the rotation or verification, as a UUID.
"""

from typing import Final

LOCK: Final = "SELECT pg_advisory_xact_lock(7461923509)"
"""Serialises those who ask for something that may be under way once."""

FORGET_FAILED: Final = """
    DELETE FROM jobs.queue
    WHERE tenant_id = $1::uuid AND entrypoint = $2::text AND subject_id = $3::uuid AND status = 'failed' RETURNING id
"""

STATE: Final = """
    CASE WHEN run.finished_at IS NOT NULL THEN 'finished' WHEN job.status = 'queued' THEN 'waiting'
        WHEN job.status = 'picked' THEN 'running' WHEN job.status = 'failed' THEN 'failed' ELSE 'unattended' END
"""
JOB_ID: Final = "CASE WHEN run.finished_at IS NULL THEN job.id END"
"""A job is in the queue for some milliseconds after its work is done."""

JOB: Final = """
    LEFT JOIN jobs.queue AS job ON job.tenant_id = $1::uuid AND job.entrypoint = $2::text
        AND job.subject_id = lpad(to_hex(run.{0}), 32, '0')::uuid
"""

UNFINISHED_ROTATION: Final = """
    SELECT rotation_id FROM keys.rotations
    WHERE finished_at IS NULL AND root = $1::boolean AND scope IS NOT DISTINCT FROM $2::uuid
    ORDER BY rotation_id LIMIT 1
"""
RESUME_ROTATION: Final = "UPDATE keys.rotations SET requested_by = $2 WHERE rotation_id = $1::bigint RETURNING 1"
ADD_ROTATION: Final = """
    INSERT INTO keys.rotations (root, scope, requested_by, started_at)
    VALUES ($1::boolean, $2::uuid, $3::text, $4::timestamptz) RETURNING rotation_id
"""
COUNT_ROTATIONS: Final = "SELECT count(*) FROM keys.rotations"
ROTATION: Final = f"""
    SELECT run.rotation_id, run.root, run.scope, {STATE}, {JOB_ID}, run.requested_by, run.started_at, run.changed_at,
        run.finished_at, run.vaults_done, run.vaults_total, run.rows_done, run.rows_total, run.findings,
        run.problems::text
    FROM keys.rotations AS run {JOB.format("rotation_id")}
"""  # noqa: S608 - constants
"""The columns are the fields of RotationResponse."""

ADD_VERIFICATION: Final = """
    INSERT INTO audit_verifications (requested_by, requested_at) VALUES ($1::text, $2::timestamptz)
    RETURNING verification_id
"""
UNFINISHED_VERIFICATION: Final = """
    SELECT verification_id FROM audit_verifications WHERE finished_at IS NULL ORDER BY verification_id LIMIT 1
"""
COUNT_VERIFICATIONS: Final = "SELECT count(*) FROM audit_verifications"
VERIFICATION: Final = f"""
    SELECT run.verification_id, {STATE}, {JOB_ID}, run.requested_by, run.requested_at, run.changed_at, run.finished_at,
        run.events_done, run.events_total, run.chains, run.findings, run.problems::text
    FROM audit_verifications AS run {JOB.format("verification_id")}
"""  # noqa: S608 - constants
"""The columns are the fields of VerificationResponse."""


def under_way(selected: str) -> str:
    """Whether a run waits or runs."""
    return f"SELECT EXISTS ({selected} WHERE run.finished_at IS NULL AND job.status <> 'failed')"


def one(selected: str, number: str) -> str:
    """The run with the number $3. `number` is the column of numbers."""
    return f"{selected} WHERE run.{number} = $3::bigint"


def page(selected: str, number: str) -> str:
    """At most $3 runs after $4, the newest first, before the number $5 unless that is null."""
    return (
        f"{selected} WHERE $5::bigint IS NULL OR run.{number} < $5::bigint "
        f"ORDER BY run.{number} DESC LIMIT $3::bigint OFFSET $4::bigint"
    )
