"""Work that no request waits for: a queue in the database, and processes that work through it."""
