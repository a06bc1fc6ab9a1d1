"""Markdown: a zip with a file for each idea, its fields as YAML front matter, and its notes below as they are."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from creatorvault.transfer.exporting.entries import (
    Beginning,
    EarlierVersion,
    End,
    Entry,
    IdeaEntry,
    LiveIdea,
    TrashedIdea,
    VaultSettings,
)
from creatorvault.transfer.exporting.names import FileNames
from creatorvault.transfer.exporting.writers import json_text, written_time
from creatorvault.transfer.exporting.zips import EARLIEST, ZipStream

# JSON is YAML, except for characters that YAML 1.1 and 1.2 allow only escaped, or take for line breaks.
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class MarkdownZip:
    media_type: ClassVar[str] = "application/zip"
    suffix: ClassVar[str] = "zip"
    compressible: ClassVar[bool] = False

    def __init__(self) -> None:
        self._zip = ZipStream()
        self._names = {LiveIdea: FileNames(), TrashedIdea: FileNames()}
        self._user_id = ""
        self._exported_at = datetime.now(UTC)

    def write(self, entry: Entry) -> Iterator[bytes]:
        match entry:
            case Beginning(user_id, exported_at):
                self._user_id, self._exported_at = user_id, exported_at
            case VaultSettings(retention_days):
                settings = {
                    "user_id": self._user_id,
                    "exported_at": self._exported_at,
                    "retention_days": retention_days,
                }
                yield self._zip.file("settings.json", f"{json_text(settings)}\n".encode(), EARLIEST)
            case End():
                yield from self._zip.end()
            case _:
                yield self._zip.file(self._path(entry), document_of(entry).encode(), entry.idea.updated_at)

    def _path(self, entry: IdeaEntry) -> str:
        match entry:
            case LiveIdea(_, idea):
                return f"ideas/{self._names[LiveIdea].of(idea.title, idea.id)}.md"
            case TrashedIdea(_, _, idea):
                return f"trash/{self._names[TrashedIdea].of(idea.title, idea.id)}.md"
            case _:
                return f"history/{entry.idea.id}/{entry.number:06}.md"


def document_of(entry: IdeaEntry) -> str:
    idea = entry.idea
    front: dict[str, Any] = {"id": str(idea.id), "number": entry.number, "title": idea.title}
    front |= {"stage": idea.stage.value, "priority": idea.priority.value, "tags": idea.tags}
    front |= {"due_date": written_time(idea.due_date)}
    front |= {"created_at": written_time(idea.created_at), "updated_at": written_time(idea.updated_at)}
    if isinstance(entry, TrashedIdea):
        front["deleted_at"] = written_time(entry.deleted_at)
    elif isinstance(entry, EarlierVersion):
        front["replaced_at"] = written_time(entry.replaced_at)
    lines = [f"{name}: {_yaml(value)}" for name, value in front.items()]
    return "\n".join(["---", *lines, "---", "", idea.notes or ""])


def _yaml(value: object) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text(value))
