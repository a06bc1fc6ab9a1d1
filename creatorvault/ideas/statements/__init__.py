"""SQL statements of ideas."""
