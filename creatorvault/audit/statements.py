"""Statements on verifications of the audit log, for the operators' login."""

from typing import Final

REQUESTED: Final = """
    SELECT requested_by FROM audit_verifications WHERE verification_id = $1::bigint AND finished_at IS NULL
"""
"""No row if it is finished."""

EVENTS: Final = "SELECT count(*) FROM audit_events"
ADVANCE: Final = """
    UPDATE audit_verifications SET changed_at = $2, events_done = $3::bigint, events_total = $4::bigint,
        chains = $5::bigint, findings = $6::bigint, problems = $7::text::jsonb, finished_at = $8
    WHERE verification_id = $1::bigint RETURNING verification_id
"""
