"""Files that a checkout keeps beside the package and a wheel inside it: `migrations/` and `litestar.toml`."""

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1]
BUNDLED: Final = PACKAGE / "bundled"
"""Made when a wheel is built (pyproject.toml); a checkout has no such folder."""


def is_installed() -> bool:
    """Whether this is a wheel's copy, and not a checkout."""
    return BUNDLED.is_dir()


def bundled(name: str) -> Path:
    return (BUNDLED if is_installed() else PACKAGE.parent) / name
