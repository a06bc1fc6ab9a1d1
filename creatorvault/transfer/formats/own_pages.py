"""Pages of our own export as Markdown, known by their front matter. History is only imported from our JSON lines."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from creatorvault.transfer.formats.dates import moment
from creatorvault.transfer.formats.delimited import NO_HISTORY, number_of
from creatorvault.transfer.formats.drafts import Draft, finished, uuid_of
from creatorvault.transfer.formats.front_matter import Value, texts_in
from creatorvault.transfer.formats.imported import Context, Format, Loss, LossKind, Parsed

OWN_FIELDS: Final = frozenset(
    {
        *("id", "number", "title", "stage", "priority", "tags", "due_date", "created_at", "updated_at"),
    }
)
OF_TRASH: Final = "deleted_at"
OF_VERSIONS: Final = "replaced_at"


class OwnPage(msgspec.Struct):
    number: int
    texts: dict[str, str]
    tags: list[str]

    def ideas(self, body: str, where: str, context: Context) -> Iterator[Parsed]:
        """An empty line stands between the front matter and the notes."""
        if OF_VERSIONS in self.texts:
            yield Loss(LossKind.VERSION_DROPPED, where, None, NO_HISTORY)
            return
        draft = Draft(
            identity="",
            source=where,
            title=self.texts.get("title", ""),
            notes=body.removeprefix("\n"),
            stage=self.texts.get("stage"),
            priority=self.texts.get("priority"),
            tags=self.tags,
            due_date=self.texts.get("due_date"),
            created_at=self.texts.get("created_at"),
            updated_at=self.texts.get("updated_at"),
            deleted_at=moment(self.texts.get(OF_TRASH, "")),
            number=self.number,
            id=self.texts["id"],
        )
        yield from finished(draft, Format.MARKDOWN, context)


def own_page(fields: Mapping[str, Value]) -> OwnPage | None:
    """Returns None for a page that our export did not write."""
    if not OWN_FIELDS <= fields.keys() <= OWN_FIELDS | {OF_TRASH, OF_VERSIONS}:
        return None
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    number = number_of(texts.get("number", ""))
    if number is None or uuid_of(texts.get("id", "")) is None:
        return None
    return OwnPage(number, texts, texts_in(fields["tags"]))
