"""Somebody who opens every page of the console and sends every form, and keeps what is answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, NamedTuple, override
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.console.browserless import SIGN_IN, Form, form_of, forms_of

CONSOLE: Final = "/console"
ASSETS: Final = "/console/assets/"
ACTION: Final = re.compile(r"/console/([a-z0-9_-]+)/act/([a-z0-9_-]+)")
LAST: Final = (("vaults", "erasure"), ("tenants", "erasure"), ("operators", "revoke"))
"""Sections, and what is in the names of their actions after which less can be done."""


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value and value.startswith("/")]


class Kind(NamedTuple):
    """Pages that differ in the values of their queries only are of one kind."""

    path: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, address: str) -> "Kind":
        parts = urlsplit(address)
        return cls(parts.path, tuple(sorted(parse_qs(parts.query, keep_blank_values=True))))


@dataclass
class Walk:
    """`answers` are all responses. `actions` are the addresses of forms, by section and action; `sent` those that were
    sent. `broken` are links that lead to errors.
    """

    client: httpx.Client
    answers: list[httpx.Response] = field(default_factory=list)
    actions: dict[tuple[str, str], str] = field(default_factory=dict)
    sent: set[tuple[str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self._kept(self.client.get(address, headers=headers))

    def send(self, address: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """As from a page of the console, unless another Origin is given."""
        origin = str(self.client.base_url).rstrip("/")
        return self._kept(self.client.post(address, data=fields, headers={"Origin": origin} | headers))

    def sign_in(self, credential: str) -> httpx.Response:
        form = form_of(self.get(SIGN_IN), SIGN_IN)
        return self.send(SIGN_IN, form.fields | {"credential": credential})

    def everywhere(self) -> None:
        """Follows every link from the first page on, until there was a page of each kind."""
        waiting, seen = [CONSOLE], set[Kind | str]()
        while waiting:
            address = waiting.pop()
            kind = Kind.of(address)
            if not seen.isdisjoint({address, kind}) or not address.startswith(CONSOLE):
                continue
            page = self.get(address)
            seen |= {address, kind} if page.is_success else {address}
            if page.is_error:
                self.broken.append(address)
            if found := ACTION.fullmatch(kind.path):
                self.actions.setdefault((found[1], found[2]), address)
            if page.is_redirect:
                waiting.append(page.headers["Location"])
            elif "html" in page.headers["Content-Type"]:
                addresses = _Addresses()
                addresses.feed(page.text)
                waiting += addresses.found

    def act(self) -> bool:
        """Sends the form of each action that was not sent yet, as it is; those that leave less to do come last.

        Returns False if there was none.
        """
        unsent = [action for action in self.actions if action not in self.sent]
        rank = min((_rank(action) for action in unsent), default=None)
        for action in unsent:
            if _rank(action) == rank:
                self._act(action)
        return bool(unsent)

    def _act(self, action: tuple[str, str]) -> None:
        self.sent.add(action)
        address = self.actions[action]
        form = next((form for form in self._forms(address) if form.method == "post"), None)
        if form is not None:
            done = self.send(form.action or address, form.fields)
            if done.is_redirect:
                self.get(done.headers["Location"])

    def _forms(self, address: str) -> Iterator[Form]:
        path = urlsplit(address).path
        yield from (form for form in forms_of(self.get(address)) if (form.action or path).startswith(path))

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        self.answers.append(answer)
        return answer


def _rank(action: tuple[str, str]) -> int:
    places = enumerate(LAST, start=1)
    return next((place for place, (section, word) in places if action[0] == section and word in action[1]), 0)
