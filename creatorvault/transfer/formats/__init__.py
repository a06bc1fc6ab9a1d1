"""Parsers of creators' files: pure functions from a file to ideas. No SQL, no keys, no event loop."""
