"""An HTTP server on loopback in front of something else, which can be slow, throttled, hostile or away."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, override


class Asked(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Answered(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Gone(Exception):
    """The connection is closed without an answer."""


type Answer = Callable[[Asked], Answered]


class Front(ThreadingHTTPServer):
    """Answers with `answer`; while `gate` is closed, requests wait."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests = 0
        self.gate = threading.Event()
        self.gate.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Front

    def _serve(self) -> None:
        front = self.server
        front.requests += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        front.gate.wait(30)
        try:
            answered = front.answer(Asked(self.command, self.path, dict(self.headers), body))
        except Gone:
            return
        try:
            self.send_response(answered.status)
            for name, value in {"Content-Length": str(len(answered.body)), **answered.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answered.body)
        except OSError:
            pass  # the client has not waited

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the standard library

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def front_of(answer: Answer) -> Generator[Front]:
    with Front(answer) as front:
        serving = threading.Thread(target=front.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield front
        finally:
            front.gate.set()
            front.shutdown()
            serving.join()
