"""Files for the parsers: samples, archives of them, and what is read from them."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from creatorvault.transfer.formats.imported import ImportedIdea, Limits, Loss, Mapping, Parsed
from creatorvault.transfer.formats.reading import LIMITS, parsed, surveyed
from creatorvault.transfer.formats.survey import Survey

SAMPLES: Final = Path(__file__).parent / "samples"
NOW: Final = datetime(2026, 11, 30, 12, tzinfo=UTC)
NAMESPACE: Final = UUID("6a1f0c52-7d3e-4b8a-9c55-0e2f4d6b8a10")


def read(raw: bytes, name: str, limits: Limits = LIMITS) -> list[Parsed]:
    return list(parsed(io.BytesIO(raw), name, NOW, limits, namespace=NAMESPACE))


def survey_of(raw: bytes, name: str, limits: Limits = LIMITS) -> Survey:
    return surveyed(io.BytesIO(raw), name, NOW, limits, namespace=NAMESPACE)


def ideas_of(items: list[Parsed]) -> list[ImportedIdea]:
    return [item for item in items if isinstance(item, ImportedIdea)]


def losses_of(items: list[Parsed]) -> list[tuple[str, str, str | None, int]]:
    return [(str(loss.kind), loss.where, loss.field, loss.count) for loss in items if isinstance(loss, Loss)]


def mappings_of(items: list[Parsed]) -> dict[str, str | None]:
    return {item.source: item.field for item in items if isinstance(item, Mapping) and item.value is None}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def folder(path: str) -> dict[str, bytes]:
    """Returns the files of a folder of samples by their paths in it, in order."""
    root = SAMPLES / path
    files = sorted(found for found in root.rglob("*") if found.is_file())
    return {found.relative_to(root).as_posix(): found.read_bytes() for found in files}
