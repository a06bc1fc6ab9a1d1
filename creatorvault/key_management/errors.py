"""Errors of the commands."""


class NoOperatorsLogin(Exception):
    def __init__(self) -> None:
        super().__init__("DATABASE_OPERATOR_URL is not set")


class AlreadyRunning(Exception):
    def __init__(self) -> None:
        super().__init__("Another `creatorvault keys rotate` is running")


class LockLost(Exception):
    """The connection that holds the lock was closed, so another command may have begun."""

    def __init__(self) -> None:
        super().__init__("The connection to the database was lost. Repeat the command: it goes on where it was")
