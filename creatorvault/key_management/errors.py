"""Errors of the commands."""


class NoOperatorsLogin(Exception):
    def __init__(self) -> None:
        super().__init__("DATABASE_OPERATOR_URL is not set")


class AlreadyRunning(Exception):
    def __init__(self) -> None:
        super().__init__("Another `creatorvault keys rotate` is running")
