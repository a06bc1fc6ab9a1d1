"""Our own export as JSON lines, plain or compressed by gzip. Everything is kept exactly: ids, times, history, trash."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, BinaryIO, Final, Literal
from uuid import UUID

import msgspec
from pydantic import ValidationError

from creatorvault.core.http.schemas import Moment
from creatorvault.ideas.schemas import IdeaCreate, PriorityEnum, StageEnum
from creatorvault.transfer.formats.archives import Budget
from creatorvault.transfer.formats.dates import utc
from creatorvault.transfer.formats.imported import (
    Context,
    FileRefused,
    ImportedIdea,
    ImportedSettings,
    ImportedVersion,
    Loss,
    LossKind,
    Mapping,
    Parsed,
)
from creatorvault.transfer.formats.json_lines import strict_json

GZIP: Final = b"\x1f\x8b"
MOST_BYTES_OF_HISTORY: Final = 32 << 20
"""One idea with its versions is in memory as a whole."""

CLOCK_SKEW: Final = timedelta(days=1)
FIRST_TIME: Final = datetime.fromisoformat("0001-01-02T00:00:00Z")
"""The driver stores the minimum and the maximum of datetime as infinities."""

Number = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Start(msgspec.Struct, tag_field="type", tag="export", forbid_unknown_fields=True):
    format: Literal["creatorvault"]
    version: Literal[1]
    user_id: str
    exported_at: Moment


class Settings(msgspec.Struct, tag_field="type", tag="settings", forbid_unknown_fields=True):
    retention_days: Annotated[int, msgspec.Meta(ge=0, le=365)] | None


class _Content(msgspec.Struct, kw_only=True):
    number: Number
    title: str
    notes: str | None
    stage: StageEnum
    priority: PriorityEnum
    tags: list[str]
    due_date: Moment | None
    id: UUID
    user_id: str
    created_at: Moment
    updated_at: Moment


class Live(_Content, tag_field="type", tag="idea", forbid_unknown_fields=True, kw_only=True):
    pass


class Version(_Content, tag_field="type", tag="version", forbid_unknown_fields=True, kw_only=True):
    replaced_at: Moment


class Trashed(_Content, tag_field="type", tag="trashed", forbid_unknown_fields=True, kw_only=True):
    deleted_at: Moment


class End(msgspec.Struct, tag_field="type", tag="end", forbid_unknown_fields=True):
    ideas: int
    versions: int
    trashed: int


type Line = Start | Settings | Live | Version | Trashed | End


class _Refused(Exception):
    """The API would refuse this idea or version."""


def is_own(head: bytes) -> bool:
    """Whether the first bytes of a file are the beginning of an export of ours."""
    line = head.partition(b"\n")[0]
    try:
        return isinstance(msgspec.convert(strict_json(line), type=Start), Start)
    except (ValueError, msgspec.ValidationError):
        return False


def own_ideas(file: BinaryIO, context: Context) -> Iterator[Parsed]:
    return _Reader(context).items(file)


class _Reader:
    """Counts what was read, and collects one idea with its versions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._latest = context.now + CLOCK_SKEW
        self._counts = {Live: 0, Version: 0, Trashed: 0}
        self._head: Live | Trashed | None = None
        self._source = ""
        self._versions: list[ImportedVersion] = []
        self._last_number = 0
        self._bytes = 0
        self._changed = 0

    def items(self, file: BinaryIO) -> Iterator[Parsed]:
        ended = False
        for number, raw in enumerate(_lines(file, self._context), 1):
            where = f"line {number}"
            if ended:
                raise FileRefused("after_end", "Something follows the last line of the export", where)
            line = _line(raw, where)
            if (isinstance(line, Start), isinstance(line, Settings)) != (number == 1, number == 2):
                raise FileRefused("line_invalid", "Only the first two lines describe the export", where)
            if not isinstance(line, Version):
                yield from self._finished()
            match line:
                case Settings():
                    yield ImportedSettings(line.retention_days)
                    yield Mapping("retention_days", "settings")
                case Live() | Trashed():
                    self._begin(line, where)
                case Version():
                    yield from self._add(line, where)
                case End():
                    self._check_counts(line, where)
                    ended = True
                case _:
                    pass
            self._count(line, len(raw), where)
        if not ended:
            raise FileRefused("cut_off", "The last line of the export is missing: the file was cut off")

    def _begin(self, line: Live | Trashed, where: str) -> None:
        self._head, self._source = line, where
        self._versions, self._last_number, self._bytes = [], 0, 0

    def _count(self, line: Line, size: int, where: str) -> None:
        if isinstance(line, Live | Version | Trashed):
            self._counts[type(line)] += 1
            self._bytes += size
            if self._bytes > MOST_BYTES_OF_HISTORY:
                raise FileRefused("idea_too_large", "An idea has too many versions", where)

    def _check_counts(self, line: End, where: str) -> None:
        if (line.ideas, line.versions, line.trashed) != tuple(self._counts.values()):
            raise FileRefused("counts_differ", "The export has other numbers of ideas than its last line says", where)

    def _add(self, line: Version, where: str) -> Iterator[Loss]:
        if self._head is None or line.id != self._head.id:
            raise FileRefused("line_invalid", "A version does not follow its idea", where)
        if not self._last_number < line.number < self._head.number:
            raise FileRefused("line_invalid", "The versions of an idea are not in order", where)
        self._last_number = line.number
        try:
            self._versions.append(ImportedVersion(**self._checked(line), replaced_at=self._past(line.replaced_at)))
        except _Refused:
            yield Loss(LossKind.VERSION_DROPPED, where, None, "The API would refuse this version")

    def _finished(self) -> Iterator[Parsed]:
        head, self._head = self._head, None
        if head is None:
            return
        try:
            yield ImportedIdea(
                **self._checked(head),
                id=head.id,
                source=self._source,
                deleted_at=self._past(head.deleted_at) if isinstance(head, Trashed) else None,
                versions=self._versions,
            )
        except _Refused:
            message = "The API would refuse this idea; its versions are lost with it"
            yield Loss(LossKind.ROW_BROKEN, self._source, None, message)
        if changed := self._changed:
            self._changed = 0
            yield Loss(
                LossKind.VALUE_CHANGED, self._source, None, "Title or tags were changed as the API does", changed
            )

    def _checked(self, line: Live | Version | Trashed) -> dict[str, Any]:
        """Raises _Refused."""
        fields = {name: getattr(line, name) for name in IdeaCreate.model_fields}
        try:
            checked = IdeaCreate.model_validate(fields)
        except ValidationError:
            raise _Refused from None
        if (checked.title, checked.tags) != (line.title, line.tags):
            self._changed += 1
        times = {name: self._past(getattr(line, name)) for name in ("created_at", "updated_at")}
        return checked.__dict__ | times | {"number": line.number}

    def _past(self, time: datetime) -> datetime:
        if (moved := utc(time)) is None or not FIRST_TIME <= moved <= self._latest:
            raise _Refused
        return moved


def _line(raw: bytes, where: str) -> Line:
    try:
        return msgspec.convert(strict_json(raw), type=Line.__value__)  # type: ignore[no-any-return]
    except (ValueError, msgspec.ValidationError):
        raise FileRefused("line_invalid", "The line is not as our export writes it", where) from None


def _lines(file: BinaryIO, context: Context) -> Iterator[bytes]:
    """Yields lines without counting on any of them being short."""
    limits = context.limits
    budget = Budget(limits, file.seek(0, 2))
    file.seek(0)
    is_compressed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    stream = gzip.GzipFile(fileobj=file) if is_compressed else file
    number = 0
    try:
        while line := stream.readline(limits.most_bytes_of_row + 1):
            number += 1
            if len(line) > limits.most_bytes_of_row:
                raise FileRefused("row_too_large", "The line is longer than any of our export", f"line {number}")
            budget.take(len(line), f"line {number}")
            yield line
    except EOFError:
        raise FileRefused("cut_off", "The compressed file was cut off") from None
    except (OSError, zlib.error):
        raise FileRefused("gzip_broken", "The compressed file is damaged") from None
