"""SQL statements of erasures that are of no tenant."""
