"""SQL statements of operators."""
