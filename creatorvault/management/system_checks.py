"""All checks of an installation: of its settings, database and Python, and those of the apps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from creatorvault.management.checks import Check
from creatorvault.management.checks_of_database import database_check
from creatorvault.management.checks_of_python import build_check, normalisation_check
from creatorvault.management.checks_of_settings import settings_check


@dataclass(frozen=True, slots=True)
class SystemChecks:
    checks: Sequence[Check]

    @classmethod
    def of(cls, checks: Iterable[Check]) -> Self:
        """`checks` are those of the installed apps."""
        return cls((settings_check, database_check, build_check, normalisation_check, *checks))
