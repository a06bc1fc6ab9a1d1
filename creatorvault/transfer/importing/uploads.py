"""Receives the file of a request into memory: as the body, or as the field `file` of a form.

Nothing is spooled: Litestar's own forms write parts above 1 MiB to the disk. The server stops reading from the
connection while this process does not ask for more.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from io import BytesIO
from math import inf
from typing import Any, Final, NamedTuple

from litestar import Request
from litestar.types import HTTPReceiveMessage
from multipart import (  # type: ignore[import-untyped]  # it has no marker
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from creatorvault.core.errors import BodyTooSlow, ClientGone, RequestInvalid
from creatorvault.core.http.bodies import MISSING
from creatorvault.core.identifiers import VaultId
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.transfer.formats.imported import place
from creatorvault.transfer.importing.errors import (
    MULTIPART_INVALID,
    FileInvalid,
    FileTooLarge,
    UploadsBusy,
    UploadUnderWay,
)
from creatorvault.transfer.importing.schemas import FileFormat

FIELD: Final = "file"
SLOWEST_BYTES_PER_SECOND: Final = 65_536
"""What a client must send on average, after `server.body_seconds` that every body has."""

FORM: Final = "multipart/form-data"
AROUND_BYTES: Final = 65_536
"""Of boundaries, headers and other fields of a form."""

MOST_FIELDS: Final = 16
LENGTH: Final = re.compile(r"[0-9]{1,19}")
NAMES: Final = {
    "application/json": "import.json",
    "application/x-ndjson": "import.jsonl",
    "application/jsonl": "import.jsonl",
    "application/zip": "import.zip",
    "application/x-zip-compressed": "import.zip",
    "text/csv": "import.csv",
    "text/markdown": "import.md",
    "text/plain": "import.md",
}
"""Names of files that come without one, by media type. The content decides the format; a name helps if it could be
two."""

NAMELESS: Final = "import"
ENDINGS: Final = {FileFormat.CSV: ".csv", FileFormat.MARKDOWN: ".md"}
"""Of names of files that look like any text, unless the client says what they are."""


class Upload(NamedTuple):
    """A file in memory. `digest` is its SHA-256."""

    name: str
    file: BytesIO
    size: int
    digest: bytes

    def said_to_be(self, asked: FileFormat) -> "Upload":
        ending = ENDINGS.get(asked, "")
        return self if self.name.endswith(ending) else self._replace(name=place(self.name) + ending)


class UploadPlaces:
    """One per process: so many files are received at a time, and one of each creator."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken: set[VaultId] = set()

    @contextmanager
    def taken(self, vault: VaultId) -> Iterator[None]:
        """Holds a place while the file is in memory. Raises UploadUnderWay and UploadsBusy."""
        if vault in self._taken:
            raise UploadUnderWay
        if len(self._taken) == self._count:
            raise UploadsBusy
        self._taken.add(vault)
        try:
            yield
        finally:
            self._taken.discard(vault)


async def received(request: Request[Any, Any, Any], largest: int, seconds: float, slices: TimeSlice) -> Upload:
    """`seconds` is `server.body_seconds`. Raises FileTooLarge, BodyTooSlow, ClientGone and RequestInvalid."""
    media_type, options = parse_options_header(header(request.scope, b"content-type") or "")
    is_form = media_type == FORM
    most = largest + (AROUND_BYTES if is_form else 0)
    announced = header(request.scope, b"content-length") or ""
    if LENGTH.fullmatch(announced) and int(announced) > most:
        raise FileTooLarge(largest)
    pieces = _pieces(request, most, largest, seconds)
    slices.restart()
    try:
        upload = await (
            _from_form(pieces, options.get("boundary", ""), largest, slices)
            if is_form
            else _from_body(pieces, NAMES.get(media_type, NAMELESS), slices)
        )
    finally:
        await pieces.aclose()
    if not upload.size:
        raise RequestInvalid([MISSING])
    return upload


async def _pieces(request: Request[Any, Any, Any], most: int, largest: int, seconds: float) -> AsyncGenerator[bytes]:
    """Yields the body as it arrives. The time that this process takes for the pieces counts, too."""
    loop, size = asyncio.get_running_loop(), 0
    began = loop.time()
    while True:
        try:
            async with asyncio.timeout_at(began + seconds + size / SLOWEST_BYTES_PER_SECOND):
                message: HTTPReceiveMessage = await request.receive()  # type: ignore[assignment]  # of a request
        except TimeoutError:
            raise BodyTooSlow from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        size += len(message["body"])
        if size > most:
            raise FileTooLarge(largest)
        if message["body"]:  # an empty piece is no end of it
            yield message["body"]
        if not message.get("more_body"):
            return


class _Spool:
    def __init__(self) -> None:
        self.file = BytesIO()
        self._digest = hashlib.sha256()

    def write(self, piece: bytes | bytearray) -> None:
        self.file.write(piece)
        self._digest.update(piece)

    def upload(self, name: str) -> Upload:
        return Upload(name, self.file, self.file.tell(), self._digest.digest())


async def _from_body(pieces: AsyncGenerator[bytes], name: str, slices: TimeSlice) -> Upload:
    spool = _Spool()
    async for piece in pieces:
        spool.write(piece)
        await slices.rest_if_over()
    return spool.upload(name)


async def _from_form(pieces: AsyncGenerator[bytes], boundary: str, largest: int, slices: TimeSlice) -> Upload:
    """Takes the one field `file`; others are read and dropped. Raises FileInvalid and FileTooLarge."""
    form = _Form(largest)
    try:
        parser = PushMultipartParser(boundary, max_segment_count=MOST_FIELDS, max_segment_size=inf)
        async for piece in pieces:
            for event in parser.parse(piece):
                form.take(event)
            await slices.rest_if_over()
        parser.close()
    except MultipartError:
        raise FileInvalid(MULTIPART_INVALID, "The body is not multipart/form-data with its boundary") from None
    return form.upload()


class _Form:
    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._spool: _Spool | None = None
        self._name = NAMELESS
        self._is_in_file = False

    def take(self, event: MultipartSegment | bytearray | None) -> None:
        """Takes the head of a field, a part of it, or its end."""
        if isinstance(event, MultipartSegment):
            self._is_in_file = event.name == FIELD
            if self._is_in_file:
                if self._spool is not None:
                    raise FileInvalid(MULTIPART_INVALID, f"There is more than one field `{FIELD}`")
                self._spool = _Spool()
                self._name = place(event.filename or NAMES.get(event.content_type or "", NAMELESS))
        elif event and self._is_in_file and self._spool is not None:
            self._spool.write(event)
            if self._spool.file.tell() > self._largest:
                raise FileTooLarge(self._largest)

    def upload(self) -> Upload:
        if self._spool is None:
            raise RequestInvalid([{"type": "missing", "loc": ("body", FIELD), "msg": "Field required"}])
        return self._spool.upload(self._name)
