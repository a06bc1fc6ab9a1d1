"""In-memory search of a vault's ideas. No SQL and no keys."""
