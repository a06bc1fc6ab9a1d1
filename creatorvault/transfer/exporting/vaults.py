"""Exports of one vault as responses."""

from typing import Final

from litestar.types import HTTPScope

from creatorvault.core.http.codings import GZIP, IDENTITY, chosen_coding
from creatorvault.core.http.streaming import StreamedResponse, StreamLimits
from creatorvault.core.telemetry.asgi_headers import list_header
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.exporting.age import MEDIA_TYPE, SUFFIX
from creatorvault.transfer.exporting.errors import NotAcceptable
from creatorvault.transfer.exporting.parts import ExportParts
from creatorvault.transfer.exporting.schemas import ExportRequest
from creatorvault.transfer.exporting.services import WRITERS, Export, now

ACCEPT_ENCODING: Final = b"accept-encoding"


class VaultExports:
    """For one request. `caller` is its pseudonym."""

    def __init__(self, parts: ExportParts, vault: VaultService, caller: str, scope: HTTPScope) -> None:
        self._parts = parts
        self._vault = vault
        self._caller = caller
        self._scope = scope

    def response(self, wanted: ExportRequest) -> StreamedResponse:
        """Nothing is read yet. Raises NotAcceptable; the response raises as `Export.pieces`."""
        writer, exported_at = WRITERS[wanted.format](), now()
        headers: dict[str, str] = {}
        name, media_type = f"creatorvault-{exported_at:%Y-%m-%d}.{writer.suffix}", writer.media_type
        is_gzipped = False
        if wanted.is_encrypted:
            name, media_type = f"{name}.{SUFFIX}", MEDIA_TYPE
        elif writer.compressible:
            coding = chosen_coding(list_header(self._scope, ACCEPT_ENCODING), (GZIP, IDENTITY))
            if coding is None:
                raise NotAcceptable
            headers["Vary"] = "Accept-Encoding"
            if is_gzipped := coding == GZIP:
                headers["Content-Encoding"] = GZIP
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        export = Export(self._parts, self._vault, self._caller, wanted, is_gzipped, exported_at)
        transfer = self._parts.settings.transfer
        limits = StreamLimits(transfer.export_stalled_seconds, transfer.export_seconds)
        return StreamedResponse(export.pieces(), media_type, headers, limits)
