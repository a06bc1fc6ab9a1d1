"""HTTP/1.1 connections: Uvicorn's, with limits for clients that are silent, slow or send too much."""

import asyncio
import socket
import struct
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, override

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from creatorvault.settings.sections import ServerSettings

MORE_BYTES: Final = 16_384
"""Space for a request line and headers that are slightly too large, so that the application can respond."""

LONGEST_TARGET: Final = 65_534
"""Bytes of a target that the parser accepts."""

AROUND: Final = 8
"""Bytes of chunk lengths, line ends and trailers for each byte of the longest body; chunks of one byte have five."""

READING: Final = 6

AT_ONCE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: a closed connection waits for nothing, and is reset."""


class Connection(HttpToolsProtocol):
    """A client has `header_seconds` to send the next request's line and headers, and to end a body that nobody reads.

    The time begins with the connection, and again with the end of each response. `close_overdue` enforces it, since a
    timer for each request would cost more.
    """

    def __init__(self, bounds: ServerSettings, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._most_of_head = bounds.max_target_bytes + bounds.max_header_bytes + MORE_BYTES
        self._most_around_body = self._most_of_head + AROUND * bounds.max_body_bytes
        self._head_bytes = 0
        self._body_bytes = 0
        self._bytes_around_body = 0
        self._is_in_body = False
        self._is_over = False
        self.waiting_since: float | None = None
        """Time of the event loop, or None while a request is handled."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn does
        super().connection_made(transport)
        self.waiting_since = self.loop.time()

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self._unset_keepalive_if_required()
        body_bytes = self._body_bytes
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if self._is_in_body:
            self._bytes_around_body += len(data) - (self._body_bytes - body_bytes)
            if self._bytes_around_body > self._most_around_body:
                self.transport.abort()
        elif self.waiting_since is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > self._most_of_head:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._bytes_around_body = 0

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_body:  # a trailer, which a server may discard (RFC 9110 §6.5.1)
            super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        if len(self.url) > LONGEST_TARGET:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif not self.parser.should_upgrade():
            super().on_headers_complete()
            outlet = _Outlet(self, self.cycle)
            self.cycle.transport = outlet  # type: ignore[assignment]  # what a response uses of it
            self.cycle.on_response = outlet.completed
            self.waiting_since = None
            self._is_in_body = True

    @override
    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if not self._is_over:
            super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._is_in_body = False
        if not (self._is_over or self.parser.should_upgrade()):
            super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        if not self.pipeline:
            self.waiting_since = self.loop.time()
        super().on_response_complete()

    def _decline_upgrade(self, rest: bytes) -> None:
        """Reads the request again without the fields that ask for another protocol, which a server may ignore (RFC 9110
        §7.8). The parser would not read its body. CONNECT asks for a tunnel and has no other meaning.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("Invalid HTTP request received.")
            return
        lines = [b"%b: %b" % field for field in self.headers if field[0] not in (b"connection", b"upgrade")]
        head = b"\r\n".join([b"%b %b HTTP/1.1" % (method, self.url), *lines, b"", b""])
        self.parser = HttpRequestParser(self)
        self.data_received(head + rest)

    def close_after(self, cycle: RequestResponseCycle) -> None:
        """Closes after what has been written. A client that is still sending could lose that with a TCP reset, so what
        it sends is read and dropped until it ends or its time is over (RFC 9112 §9.6).
        """
        if cycle.more_body:
            self._read_to_the_end()
        else:
            self.transport.close()

    def reset(self) -> None:
        """Ends the connection so that the client notices, even a proxy for which a response ends with the connection,
        as in HTTP/1.0: by a reset in place of an orderly end (RFC 9293 §3.10.7.4). What was not sent is dropped.
        """
        sock = self.transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.transport.abort()

    def _refuse(self, status: HTTPStatus) -> None:
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, status.phrase.encode())
        )
        self._read_to_the_end()

    def _read_to_the_end(self) -> None:
        self._is_over = True
        self.transport.write_eof()
        self.flow.resume_reading()


class _Outlet:
    """What one response uses of a transport.

    Its head is sent together with the first part of its body, which saves a system call here and another at the client.
    ASGI lets a server wait for that part.
    """

    __slots__ = ("_connection", "_cycle", "_head")

    def __init__(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        self._connection = connection
        self._cycle = cycle
        self._head: bytes | None = None  # empty when it has been sent

    def write(self, data: bytes) -> None:
        if self._head is None and self._cycle.response_started:
            self._head = data
        elif self._head:
            self._connection.transport.write(self._head + data)
            self._head = b""
        else:
            self._connection.transport.write(data)

    def is_closing(self) -> bool:
        return self._connection.transport.is_closing()

    def close(self) -> None:
        if self._cycle.response_started and not self._cycle.response_complete:
            self._connection.reset()
            return
        self._flush()
        self._connection.close_after(self._cycle)

    def completed(self) -> None:
        self._flush()
        self._connection.on_response_complete()

    def _flush(self) -> None:
        if self._head:
            self.write(b"")


def close_overdue(connections: Iterable[Any], now: float, seconds: float) -> None:
    """Closes connections that have waited for longer than `seconds`. `now` is the time of the event loop.

    A response that the client is still reading is sent to its end, for at most READING times as long.
    """
    for connection in [*connections]:
        waited = 0.0 if connection.waiting_since is None else now - connection.waiting_since
        if waited > READING * seconds:
            connection.transport.abort()
        elif waited > seconds:
            connection.transport.close()
