"""A client that does what a browser without scripts does: keeps cookies, and sends forms as they are in the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count
from typing import Any, Final, cast

import httpx
from litestar import Litestar

SIGN_IN: Final = "/console/sign-in"
BASE_URL: Final = "http://creatorvault.test"
FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
_numbers = count(1)


@dataclass
class Form:
    """`fields` are those with a value that a browser would send, hidden ones too; of a choice, the selected value."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: str | None = None
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "input" and "name" in given:
            kind = given.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in given:
                self._open.fields[given["name"]] = given.get("value", "on" if kind == "checkbox" else "")
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and self._select is not None:
            if "selected" in given or self._select not in self._open.fields:
                self._open.fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._text = given.get("name")
            self._open.fields[self._text or ""] = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._text is not None:
            self._open.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._open = None
            case "select":
                self._select = None
            case "textarea":
                self._text = None


def forms_of(page: httpx.Response) -> list[Form]:
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


def form_of(page: httpx.Response, action: str) -> Form:
    """The form that is sent to this path, whatever its query is; "" is the page itself."""
    path = page.request.url.path
    found = [form for form in forms_of(page) if (form.action.partition("?")[0] or path) == (action or path)]
    assert found, f"no form for {action or path} in {page.text}"
    return found[0]


class Browserless:
    """Each has an address of its own, unless one is given. Redirects are not followed."""

    def __init__(
        self, app: Litestar, address: str | None = None, user_agent: str = FIREFOX, base_url: str = BASE_URL
    ) -> None:
        number = next(_numbers)
        self.address = address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False, client=(self.address, 50_000))
        self.user_agent, self.origin = user_agent, base_url
        self.client = httpx.AsyncClient(transport=transport, base_url=base_url, headers={"User-Agent": user_agent})

    @property
    def cookies(self) -> httpx.Cookies:
        return self.client.cookies

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """`headers` are named with underscores: `sec_fetch_site`."""
        return await self.client.get(path, headers=_named(headers))

    async def send(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Sends just these fields, as from a page of the console."""
        own = {"origin": self.origin, "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
        return await self.client.post(path, data=dict(fields), headers=own | _named(headers))

    async def submit(
        self, page: httpx.Response | str, action: str = "", fields: Mapping[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """Fills in the form of a page, or of the page at a path, and sends it."""
        if isinstance(page, str):
            page = await self.get(page)
        assert page.status_code == 200, page.text
        form = form_of(page, action)
        return await self.send(form.action or str(page.request.url), form.fields | dict(fields or {}), **headers)

    async def sign_in(self, credential: str, following: str | None = None) -> httpx.Response:
        path = SIGN_IN if following is None else str(httpx.URL(SIGN_IN, params={"next": following}))
        return await self.submit(path, SIGN_IN, {"credential": credential})


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
