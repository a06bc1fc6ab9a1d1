"""Trello's export of a board as JSON. A card is identified by its id, in which its time of creation is.

Keys that repeat are read as Trello's own programs would read them: the last one counts.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Final

import msgspec

from creatorvault.transfer.formats.drafts import Draft, finished
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
from creatorvault.transfer.formats.trello_board import Action, Board, Card, Checklist
from creatorvault.transfer.formats.words import plain, priority_of, stage_of

OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
NOT_A_BOARD: Final = "The file is not the JSON that Trello exports for a board"
NOT_A_FIELD: Final = "Ideas have no such field"


def board_ideas(file: BinaryIO, context: Context) -> Iterator[Parsed]:
    board = _board(file, context)
    if len(board.cards) > context.limits.most_ideas:
        raise FileRefused("too_many_ideas", f"The board has more than {context.limits.most_ideas} cards")
    reader = _Cards(board)
    yield from reader.mappings()
    if board.desc and board.desc.strip():
        yield Loss(LossKind.FIELD_DROPPED, "board", "desc", NOT_A_FIELD)
    for number, raw in enumerate(board.cards, 1):
        try:
            card = msgspec.json.decode(raw, type=Card)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield Loss(LossKind.ROW_BROKEN, f"card {number}", None, "The card is not as Trello writes it")
            continue
        draft, losses = reader.draft(card, number)
        yield from losses
        yield from finished(draft, Format.TRELLO, context)


def _board(file: BinaryIO, context: Context) -> Board:
    most = context.limits.most_bytes_in_memory
    file.seek(0)
    raw = file.read(most + 1)
    if len(raw) > most:
        raise FileRefused("too_large", f"A board may have {most} bytes")
    try:
        return msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=Board)
    except msgspec.ValidationError:
        raise FileRefused("not_a_board", NOT_A_BOARD) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FileRefused("json_broken", "The file is not JSON, or was cut off") from None
    except RecursionError:
        raise FileRefused("nested_too_deep", "The JSON is nested too deep") from None


class _Cards:
    def __init__(self, board: Board) -> None:
        self._lists = {found.id: found.name for found in board.lists}
        self._checklists = defaultdict[str, list[Checklist]](list)
        for checklist in board.checklists or ():
            self._checklists[checklist.card].append(checklist)
        self._comments = defaultdict[str, list[Action]](list)
        for action in board.actions or ():
            if action.type == "commentCard" and action.data and action.data.card and action.data.text:
                self._comments[action.data.card.id].append(action)
        self._priorities = {
            option.id: option.value.text
            for field in board.fields or ()
            if plain(field.name) in {"priority", "prio", "importance"}
            for option in field.options or ()
            if option.value and option.value.text
        }

    def mappings(self) -> Iterator[Mapping]:
        fields = {
            "name": "title",
            "desc": "notes",
            "labels": "tags",
            "due": "due_date",
            "dateLastActivity": "updated_at",
        }
        yield from (Mapping(source, field) for source, field in fields.items())
        yield Mapping("checklists", "notes")
        yield Mapping("comments", "notes")
        if self._priorities:
            yield Mapping("custom field", "priority")
        for name in self._lists.values():
            yield Mapping("list", "stage", place(name), str(stage_of(name) or "idea"))

    def draft(self, card: Card, number: int) -> tuple[Draft, list[Loss]]:
        where = f"card {number}"
        name = self._lists.get(card.list_id or "", "")
        stage = stage_of(name)
        losses = list(self._losses(card, where))
        if name and stage is None:
            message = "Not a known stage: it became idea, and the list's name a tag"
            losses.append(Loss(LossKind.VALUE_UNKNOWN, where, "list", message))
        tags = [tag for label in card.labels or () if (tag := label.name or label.color)]
        return Draft(
            identity=card.id,
            source=where,
            title=card.name,
            notes="\n\n".join(filter(None, self._notes(card))),
            stage=stage and str(stage),
            priority=self._priority(card),
            tags=tags if stage or not name else [*tags, name],
            due_date=card.due,
            created_at=_created(card.id),
            updated_at=card.last_activity,
        ), losses

    def _priority(self, card: Card) -> str | None:
        """From a custom field, or else from a label such as "High priority"."""
        chosen = [text for item in card.fields or () if (text := self._priorities.get(item.option or ""))]
        named = [label.name for label in card.labels or () if label.name and "prio" in plain(label.name)]
        return next((text for text in [*chosen, *named] if priority_of(text)), None)

    def _notes(self, card: Card) -> Iterator[str]:
        yield (card.desc or "").strip("\n")
        for checklist in self._checklists.get(card.id, ()):
            items = sorted(checklist.items or (), key=lambda item: item.pos or 0)
            lines = [f"- [{'x' if item.state == 'complete' else ' '}] {item.name or ''}" for item in items]
            yield "\n".join([f"## {checklist.name or 'Checklist'}", "", *lines])
        if comments := self._comments.get(card.id):
            yield "## Comments"
            yield from map(_comment, sorted(comments, key=lambda action: action.date or ""))
        if links := [link for link in card.attachments or () if not link.is_upload and link.url]:
            lines = [
                f"- {link.url}" if link.name in {None, "", link.url} else f"- {link.name}: {link.url}" for link in links
            ]
            yield "\n".join(["## Links", "", *lines])

    def _losses(self, card: Card, where: str) -> Iterator[Loss]:
        moved = "Is at the end of the notes"
        attachments = card.attachments or []
        uploads = sum(bool(attachment.is_upload) for attachment in attachments)
        for field, count in (
            ("checklists", len(self._checklists.get(card.id, ()))),
            ("comments", len(self._comments.get(card.id, ()))),
            ("links", len(attachments) - uploads),
        ):
            if count:
                yield Loss(LossKind.VALUE_MOVED, where, field, moved, count)
        if uploads:
            yield Loss(LossKind.ATTACHMENT_DROPPED, where, "attachments", "Files are not imported", uploads)
        used = [item for item in card.fields or () if item.option in self._priorities]
        for field, count in (
            ("members", len(card.members or ())),
            ("start", bool(card.start)),
            ("dueComplete", bool(card.due_complete)),
            ("custom fields", len(card.fields or ()) - len(used)),
        ):
            if count:
                yield Loss(LossKind.FIELD_DROPPED, where, field, NOT_A_FIELD, int(count))
        if card.closed:
            yield Loss(LossKind.FIELD_DROPPED, where, "closed", "Archived cards become ordinary ideas")


def _comment(action: Action) -> str:
    who = (action.member and action.member.full_name) or "Somebody"
    text = (action.data and action.data.text) or ""
    return f"{who}, {(action.date or '')[:10]}:\n{text}"


def _created(card_id: str) -> datetime | None:
    """The first four bytes of an ObjectId are the seconds since 1970."""
    if not OBJECT_ID.fullmatch(card_id):
        return None
    return datetime.fromtimestamp(int(card_id[:8], 16), UTC)
