"""SQL statements of delta sync."""
