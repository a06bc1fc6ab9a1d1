"""Errors of the command."""


class NoLoginForJobs(Exception):
    def __init__(self) -> None:
        super().__init__("DATABASE_OPERATOR_URL is not set: only the operators' login sees the jobs of all tenants")
