"""Jobs of all tenants: lists, and changes of jobs that are not running."""

from typing import Final

COUNT: Final = """
    SELECT count(*) FROM jobs.queue
    WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR entrypoint = $2)
        AND ($3::text IS NULL OR status = $3::jobs.queue_status)
"""
PAGE: Final = """
    SELECT id, entrypoint, tenant_id, user_id, subject_id, status::text, attempts, created, execute_after, updated
    FROM jobs.queue
    WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR entrypoint = $2)
        AND ($3::text IS NULL OR status = $3::jobs.queue_status) AND ($6::bigint IS NULL OR id < $6)
    ORDER BY id DESC LIMIT $4 OFFSET $5
"""
RETRY: Final = """
    UPDATE jobs.queue SET status = 'queued', attempts = 0, execute_after = now(), updated = now()
    WHERE id = $1 AND status = 'failed'
    RETURNING id, entrypoint, tenant_id, user_id, subject_id, status::text, attempts, created, execute_after, updated
"""
CANCEL: Final = """
    DELETE FROM jobs.queue WHERE id = $1 AND status IN ('queued', 'failed')
    RETURNING id, entrypoint, tenant_id, user_id, subject_id, status::text, attempts, created, execute_after, updated
"""
EXISTS: Final = "SELECT 1 FROM jobs.queue WHERE id = $1"
