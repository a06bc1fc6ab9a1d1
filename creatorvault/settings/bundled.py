"""Files that are next to the package in a checkout and inside it in a wheel: `migrations/` and `litestar.toml`."""

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1]
BUNDLED: Final = PACKAGE / "bundled"
"""Created when a wheel is built (pyproject.toml); a checkout has no such folder."""


def is_installed() -> bool:
    """Whether this is an installed wheel, and not a checkout."""
    return BUNDLED.is_dir()


def bundled(name: str) -> Path:
    return (BUNDLED if is_installed() else PACKAGE.parent) / name
