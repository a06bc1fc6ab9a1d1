"""Errors of the command."""


class SourceRefused(Exception):
    """The source cannot be read, or not completely. The text names the option; it contains nothing of any row."""

    def __init__(self, why: str, option: str = "--from") -> None:
        super().__init__(f"{option}: {why}")


class NoOperators(Exception):
    def __init__(self) -> None:
        super().__init__("DATABASE_OPERATOR_URL is not set: with it, the import finds what was imported before")
