"""The parts of Trello's board that are read. Others are ignored by the decoder."""

import msgspec


class Label(msgspec.Struct):
    name: str | None = ""
    color: str | None = None


class Attachment(msgspec.Struct, rename="camel"):
    name: str | None = ""
    url: str | None = ""
    is_upload: bool | None = False


class FieldItem(msgspec.Struct, rename={"field": "idCustomField", "option": "idValue"}):
    field: str = ""
    option: str | None = None


class Card(
    msgspec.Struct,
    rename={
        "list_id": "idList",
        "members": "idMembers",
        "due_complete": "dueComplete",
        "last_activity": "dateLastActivity",
        "fields": "customFieldItems",
    },
):
    id: str
    name: str
    desc: str | None = ""
    closed: bool | None = False
    due: str | None = None
    due_complete: bool | None = False
    start: str | None = None
    last_activity: str | None = None
    list_id: str | None = None
    labels: list[Label] | None = None
    attachments: list[Attachment] | None = None
    members: list[str] | None = None
    fields: list[FieldItem] | None = None


class BoardList(msgspec.Struct):
    id: str
    name: str


class CheckItem(msgspec.Struct):
    name: str | None = ""
    state: str | None = ""
    pos: float | None = 0


class Checklist(msgspec.Struct, rename={"card": "idCard", "items": "checkItems"}):
    card: str
    name: str | None = ""
    items: list[CheckItem] | None = None


class CardOfAction(msgspec.Struct):
    id: str = ""


class ActionData(msgspec.Struct):
    text: str | None = None
    card: CardOfAction | None = None


class Member(msgspec.Struct):
    full_name: str | None = msgspec.field(default=None, name="fullName")


class Action(msgspec.Struct):
    type: str
    date: str | None = None
    data: ActionData | None = None
    member: Member | None = msgspec.field(default=None, name="memberCreator")


class OptionText(msgspec.Struct):
    text: str | None = None


class Option(msgspec.Struct):
    id: str
    value: OptionText | None = None


class CustomField(msgspec.Struct):
    id: str
    name: str
    options: list[Option] | None = None


class Board(msgspec.Struct):
    """Cards are read one by one, so that a broken one does not hide the others."""

    cards: list[msgspec.Raw]
    lists: list[BoardList]
    name: str | None = None
    desc: str | None = None
    checklists: list[Checklist] | None = None
    actions: list[Action] | None = None
    fields: list[CustomField] | None = msgspec.field(default=None, name="customFields")
