"""A server on a loopback port, and a browser that loads its pages and records their requests."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Route, async_playwright, expect

HOST: Final = "docs.creatorvault.test"
"""Not a loopback name: some scripts behave differently for developers."""

ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
)
START_SECONDS: Final = 180
PATIENCE: Final = 120_000.0
"""Milliseconds that a browser on a busy machine may take for anything."""

SCREENSHOTS: Final = Path(__file__).parents[1] / "build" / "screenshots"
"""What browsers have shown in the last run."""


@dataclass
class Visit:
    """A page, its console errors, and every address that it requested."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str | None]:
        return {urlsplit(url).hostname for url in self.requested if not url.startswith("data:")}

    async def screenshot(self, name: str) -> None:
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def note(self, request: Request) -> None:
        self.requested.append(request.url)


@contextmanager
def server(environ: Mapping[str, str]) -> Generator[str]:
    """Serves the application; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "-m",
        "uvicorn",
        "--factory",
        "--port",
        str(port),
        "--log-level",
        "error",
        "creatorvault.asgi:create_app",
    ]
    process = subprocess.Popen([sys.executable, *command], env=dict(environ), stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(START_SECONDS * 10):
        assert process.poll() is None, "the server ended by itself"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"the server did not listen within {START_SECONDS} s")


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Skips the test if no Chromium is installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on PATH")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        await browser.close()


type Scheme = Literal["light", "dark"]


@asynccontextmanager
async def visit(
    browser: Browser,
    url: str,
    scheme: Scheme = "light",
    documents: Mapping[str, object] | None = None,
    until: Literal["load", "networkidle"] = "networkidle",
) -> AsyncGenerator[Visit]:
    """`documents` are JSON responses by path that the page gets in place of the server's.

    A page that keeps a request open, as for live updates, is ready with "load".
    """
    page = await browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    for path, document in (documents or {}).items():
        await page.route(f"**{path}", partial(_fulfil, json.dumps(document)))
    visit = Visit(page)
    page.on("console", visit.hear)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("request", visit.note)
    await page.goto(url)
    await page.wait_for_load_state(until)
    yield visit
    await page.close()
    await asyncio.sleep(0)


async def _fulfil(body: str, route: Route) -> None:
    await route.fulfill(body=body, content_type="application/json")
