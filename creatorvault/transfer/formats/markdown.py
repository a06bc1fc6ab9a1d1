"""Markdown with front matter: a page, or a zip of pages as Obsidian keeps them in a vault.

A page is identified by its path and its whole text. So the same file adds nothing twice, and a page that was edited is
another idea. Text is kept as it is: links, tags and tasks in it stay what they are.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from creatorvault.transfer.formats.archives import Archive, Entry
from creatorvault.transfer.formats.drafts import Draft, finished
from creatorvault.transfer.formats.front_matter import NotYaml, Page, Value, fields_of, split, texts_in
from creatorvault.transfer.formats.imported import (
    Context,
    FileRefused,
    Format,
    Loss,
    LossKind,
    Mapping,
    Parsed,
    place,
)
from creatorvault.transfer.formats.own_pages import own_page
from creatorvault.transfer.formats.texts import FALLBACK, GUESSED, decoded
from creatorvault.transfer.formats.words import FIELDS, PREFERENCE, plain

EXTENSIONS: Final = ("md", "markdown")
APPLICATIONS: Final = re.compile(r"(?:.*/)?\.(?:obsidian|trash|git|stfolder|stversions)(?:/.*)?")
TOO_LARGE: Final = "A page with more than {} bytes is not imported"
NOT_A_FIELD: Final = "Ideas have no such field"

# In these expressions no repetition can begin where another one did: each takes linear time.
_HEADING: Final = re.compile(r"\A\s*# (?P<title>[^\r\n]+)")
_LATER_HEADING: Final = re.compile(r"^# (?P<title>[^\r\n]+)", re.MULTILINE)
_NOT_PROSE: Final = re.compile(
    r"^(?P<fence>```|~~~).*?(?:^(?P=fence)[^\n]*$|\Z)|`[^`\n]*`|\[\[[^\[\]\n]*\]\]|\]\([^()\n]*\)|<[^<>\n]*>|https?://\S+",
    re.MULTILINE | re.DOTALL,
)
_TAG: Final = re.compile(r"(?<!\S)#(?P<tag>[\w/-]*[^\W\d][\w/-]*)")
_TASK: Final = re.compile(r"^[ \t]*[-*+] \[.\].*?(?:[📅⏳🛫🔁➕✅]|\[(?:due|scheduled|start|created)::)", re.MULTILINE)


def page_ideas(file: BinaryIO, context: Context) -> Iterator[Parsed]:
    """A single page."""
    most = context.limits.most_bytes_of_page
    file.seek(0)
    raw = file.read(most + 1)
    if len(raw) > most:
        raise FileRefused("too_large", TOO_LARGE.format(most))
    yield from _ideas(raw, context.name, context)


def vault_ideas(archive: Archive, context: Context) -> Iterator[Parsed]:
    """Other files than pages are listed as lost. Settings and trash of applications are not read."""
    for entry in archive.entries:
        if APPLICATIONS.fullmatch(entry.name):
            message = "Settings and trash of other applications are not imported"
            yield Loss(LossKind.FILE_DROPPED, place(entry.name), None, message)
        elif entry.extension in EXTENSIONS:
            yield from entry_ideas(archive, entry, context)
        else:
            yield dropped(entry)


def entry_ideas(archive: Archive, entry: Entry, context: Context) -> Iterator[Parsed]:
    most = context.limits.most_bytes_of_page
    if (raw := archive.read(entry, most)) is None:
        yield Loss(LossKind.ROW_BROKEN, place(entry.name), None, TOO_LARGE.format(most))
    else:
        yield from _ideas(raw, entry.name, context)


def dropped(entry: Entry) -> Loss:
    return Loss(LossKind.ATTACHMENT_DROPPED, place(entry.name), place(entry.extension), "Files are not imported")


def _ideas(raw: bytes, name: str, context: Context) -> Iterator[Parsed]:
    where = place(name)
    try:
        text, encoding = decoded(raw, name)
    except FileRefused as refused:
        if name == context.name:
            raise
        yield Loss(LossKind.ROW_BROKEN, where, None, refused.message)
        return
    if encoding == FALLBACK:
        yield Loss(LossKind.TEXT_REPAIRED, where, None, GUESSED)
    page = split(text)
    try:
        fields = fields_of(page.front, name)
    except NotYaml:
        yield Loss(LossKind.VALUE_MOVED, where, "front matter", "Not valid YAML: it stays in the notes as text")
        page, fields = Page("", text), {}
    if (own := own_page(fields)) is not None:
        yield from own.ideas(page.body, where, context)
        return
    known = Known(fields)
    yield from known.mappings()
    yield from known.losses(where)
    if _TASK.search(page.body):
        yield Loss(LossKind.VALUE_MOVED, where, "tasks", "Dates of tasks stay in the notes as text")
    yield from finished(_draft(known, page.body, name, raw), Format.MARKDOWN, context)


def _draft(known: "Known", body: str, name: str, raw: bytes) -> Draft:
    title, notes = titled(known.text("title"), body, stem(name))
    return Draft(
        identity=f"{name}\n{hashlib.sha256(raw).hexdigest()}",
        source=name,
        title=title,
        notes="\n\n".join(filter(None, [known.text("notes"), notes])),
        stage=known.text("stage"),
        priority=known.text("priority"),
        tags=[*known.tags(), *tags_in(body)],
        due_date=known.text("due_date").strip("[]"),
        created_at=known.text("created_at").strip("[]"),
        updated_at=known.text("updated_at").strip("[]"),
        id=known.text("id"),
    )


def stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def titled(title: str, body: str, otherwise: str) -> tuple[str, str]:
    """Returns the title, and the body without it. A heading in the middle of the text stays there."""
    if found := _HEADING.match(body):
        heading = _heading(found)
        if heading and title in {"", heading}:
            return heading, body[found.end() :].strip("\r\n")
    elif not title and (found := _LATER_HEADING.search(body)):
        title = _heading(found)
    return title or otherwise, body.strip("\r\n")


def _heading(found: re.Match[str]) -> str:
    """Returns the text of a heading, without the closing marks that some write."""
    text = found["title"].strip()
    open_text = text.rstrip("#")
    return open_text.rstrip() if open_text[-1:].isspace() else text


def tags_in(body: str) -> list[str]:
    """Returns tags in prose, as Obsidian finds them: not in code, links and headings, and not numbers alone."""
    if "#" not in body:
        return []
    return [found["tag"].strip("/") for found in _TAG.finditer(_NOT_PROSE.sub(" ", body))]


class Known:
    """The fields of front matter that ideas have, and the names of the others."""

    def __init__(self, fields: dict[str, Value]) -> None:
        self._found: dict[str, Value] = {}
        self._names: dict[str, str] = {}
        self._tags: list[str] = []
        self._lost: list[str] = []
        for name in sorted(fields, key=lambda name: PREFERENCE.get(plain(name), len(PREFERENCE))):
            self._add(name, fields[name])

    def _add(self, name: str, value: Value) -> None:
        field = FIELDS.get(plain(name))
        if value is None or value in ("", []):
            return
        texts = texts_in(value)
        if field is None or not texts or (field != "tags" and (len(texts) > 1 or field in self._found)):
            self._lost.append(name)
        elif field == "tags":
            self._tags += texts if isinstance(value, list) else re.split(r"[,\s]+", texts[0])
            self._names[name] = field
        else:
            self._found[field] = texts[0]
            self._names[name] = field

    def text(self, field: str) -> str:
        value = self._found.get(field)
        return value if isinstance(value, str) else ""

    def tags(self) -> list[str]:
        return [tag.strip().removeprefix("#") for tag in self._tags]

    def mappings(self) -> Iterator[Mapping]:
        yield from (Mapping(place(name), field) for name, field in self._names.items())
        yield from (Mapping(place(name), None) for name in self._lost)

    def losses(self, where: str) -> Iterator[Loss]:
        for name in self._lost:
            yield Loss(LossKind.FIELD_DROPPED, where, place(name), NOT_A_FIELD)
