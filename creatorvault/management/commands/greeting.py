"""The message that `creatorvault run` prints when the service is ready."""

import http.client
import json
import multiprocessing
import signal
import time
from contextlib import suppress
from types import TracebackType
from typing import ClassVar, Final, NamedTuple, Self

import click

from creatorvault.settings.sections import Settings

ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - one does not connect to these
BODY: Final = """-H 'Content-Type: application/json' -d '{"title": "My first idea", "tags": ["video"]}'"""
POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 15.0


class Sample(NamedTuple):
    """A development token, or the reason why there is none; neither in production."""

    token: str | None = None
    missing: str | None = None


class Greeting:
    """Polls `/health/ready` until the service is ready, then prints the address and, with a token, what to do with it.

    It runs in a separate process, because the server forks its workers, and forking with threads is unsafe.
    """

    user: ClassVar[str] = "ada"

    def __init__(self, settings: Settings, sample: Sample) -> None:
        self._host = ANYWHERE.get(settings.server.host, settings.server.host)
        self._port = settings.server.port
        self._console = settings.console
        self._sample = sample
        self._process = multiprocessing.get_context("fork").Process(target=self._greet, daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()

    def _greet(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server handles Ctrl-C, and then ends this process
        complain_at = time.monotonic() + PATIENCE_SECONDS
        parent = multiprocessing.parent_process()
        while missing := self._missing():
            if parent is not None and not parent.is_alive():
                return
            if time.monotonic() > complain_at:
                click.echo(f"Not ready yet: {', '.join(missing)}", err=True)
                complain_at = time.monotonic() + PATIENCE_SECONDS
            time.sleep(POLL_SECONDS)
        with suppress(OSError):  # the reader of the output is gone
            click.echo(self.text())

    def _missing(self) -> list[str]:
        """Returns the components that are not ready."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            checks = json.loads(connection.getresponse().read())["checks"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return ["the server"]
        finally:
            connection.close()
        return [part for part, outcome in checks.items() if outcome != "ok"]

    def text(self) -> str:
        address = _address(self._host, self._port)
        lines = ["", "CreatorVault is ready.", "", f"  Address  {address}", f"  Docs     {address}/docs"]
        if self._console.enabled:
            host = ANYWHERE.get(self._console.host, self._console.host)
            own = address if self._console.port is None else _address(host, self._console.port)
            lines.append(f"  Console  {own}/console")
        if self._sample.missing is not None:
            lines += ["", f"  No token for development: {self._sample.missing}."]
        if self._sample.token is not None:
            bearer = f"-H 'Authorization: Bearer {self._sample.token}'"
            line = f"curl -X POST {address}/api/v1/{self.user}/ideas {bearer} {BODY}"
            lines += [
                f"  Try it   {address}/try#{self._sample.token}",
                "",
                "  Paste this to capture an idea; its token is for development, and holds for a day at most:",
                "",
                line,
            ]
        return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
