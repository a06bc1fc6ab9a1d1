"""Origins that may read responses (Fetch Standard, "HTTP-CORS protocol").

Litestar answers preflights. On other responses its CORS headers would replace an existing `Vary`.
"""

from typing import Final

from litestar.config.cors import CORSConfig

from creatorvault.core.http.responses import Header, encoded_headers

ANYBODY: Final = "*"
ALLOW_ORIGIN: Final = b"access-control-allow-origin"
VARY: Final = b"vary"
ORIGIN: Final = "Origin"
VARY_BY_ORIGIN: Final = (VARY, ORIGIN.encode())


class Origins:
    """Origins are compared as text: the settings contain them as browsers send them (settings.origins)."""

    def __init__(self, config: CORSConfig) -> None:
        readable = {
            name: value for name, value in config.simple_headers.items() if name.lower() != ALLOW_ORIGIN.decode()
        }
        self._readable = encoded_headers(readable)
        self._allowed = frozenset(config.allow_origins)
        self.anybody = ANYBODY in self._allowed

    def headers(self, origin: str | None) -> list[Header]:
        if self.anybody:
            return [(ALLOW_ORIGIN, ANYBODY.encode()), *self._readable]
        if origin is None or origin not in self._allowed:
            return []
        return [(ALLOW_ORIGIN, origin.encode("latin-1")), *self._readable]


def varying_by_origin(headers: list[Header]) -> list[Header]:
    """A cache must not serve one origin a response for another origin, or for a request without an origin."""
    known = [value.decode("latin-1") for name, value in headers if name == VARY]
    if not known:
        return [*headers, VARY_BY_ORIGIN]
    fields = [field.strip() for value in known for field in value.split(",")]
    if not any(field.lower() in (ORIGIN.lower(), "*") for field in fields):
        fields.append(ORIGIN)
    others = [(name, value) for name, value in headers if name != VARY]
    return [*others, (VARY, ", ".join(fields).encode("latin-1"))]
