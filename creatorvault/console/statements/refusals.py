"""Statements of the operators' login about refused sign-ins."""

from typing import Final

FIND: Final = "SELECT since, failures FROM console_refusals WHERE address = $1 AND since > $2"
COUNT: Final = """
    INSERT INTO console_refusals AS r (address, since, failures) VALUES ($1, $2, 1)
    ON CONFLICT (address) DO UPDATE SET
        since = CASE WHEN r.since > $3 THEN r.since ELSE $2 END,
        failures = CASE WHEN r.since > $3 THEN r.failures + 1 ELSE 1 END
    RETURNING since, failures
"""
"""Counts a sign-in at $2. What began at $3 or before is over."""

GIVE_BACK: Final = """
    UPDATE console_refusals SET failures = failures - 1 WHERE address = $1 AND since = $2 AND failures > 0
"""
PRUNE: Final = "DELETE FROM console_refusals WHERE since <= $1"
EVICT: Final = """
    DELETE FROM console_refusals WHERE address IN (
        SELECT address FROM console_refusals ORDER BY since DESC OFFSET $1
    )
"""
"""All but the newest $1 addresses."""
