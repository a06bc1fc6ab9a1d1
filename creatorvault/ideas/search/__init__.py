"""A vault's ideas in memory and the questions they answer. No SQL and no keys."""
