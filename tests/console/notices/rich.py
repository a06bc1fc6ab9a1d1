"""Pages of notices with everything that can be declared."""

from creatorvault.core.console.declarations import (
    Action,
    Chart,
    Column,
    Facts,
    Filter,
    Input,
    ItemPage,
    Kind,
    Section,
    Series,
    Table,
)

TEXT = Column(name="text", label="Text", link="rich", keys={"number": "number"})
COLORS = {"red": "Red", "blue": "Blue"}

RICH = Section(
    name="rich",
    title="Rich notices",
    order=6,
    blocks=[
        Table(
            title="Notices",
            operation="list_notices",
            columns=[TEXT, Column(name="since", label="Since", kind=Kind.MOMENT)],
            search=Filter(name="q", label="Text"),
            filters=[
                Filter(name="shown", label="Shown"),
                Filter(name="colors", label="Colors", values=COLORS),
                Filter(name="since", label="Since"),
            ],
            sorts={"text": "Text", "number": "Number"},
            actions=["remove"],
            refresh_seconds=30,
        ),
        Table(
            title="Shown ones",
            operation="list_notices",
            columns=[TEXT],
            fixed={"shown": "true", "colors": "red"},
            search=Filter(name="q", label="Text"),
        ),
        Chart(title="Levels", operation="list_notices", series=[Series(name="level", label="Level")]),
    ],
    actions=[
        Action(
            name="create",
            label="Create",
            operation="create_notice",
            inputs=[
                Input(name="text", label="Text", hint="A few words."),
                Input(name="level", label="Level"),
                Input(name="colors", label="Colors", values=COLORS),
                Input(name="since", label="Since"),
                Input(name="shown", label="Shown"),
            ],
            result=[
                Column(name="number", label="Number", kind=Kind.IDENTIFIER),
                Column(name="about.by", label="Author"),
            ],
        ),
        Action(name="remove", label="Remove", operation="remove_notice", when={"shown": [False]}),
        Action(
            name="file",
            label="Download",
            operation="download_notices",
            download=True,
            inputs=[Input(name="q", label="Text"), Input(name="colors", label="Colors")],
        ),
    ],
    item=ItemPage(
        keys=["number"],
        title="text",
        operation="get_notice",
        blocks=[
            Facts(
                title="Notice",
                operation="get_notice",
                fields=[TEXT, Column(name="about", label="About", kind=Kind.PAIRS)],
                refresh_seconds=30,
            ),
            Table(title="Like it", operation="list_notices", columns=[TEXT], given={"q": "text"}, actions=["forget"]),
        ],
        actions=[
            Action(name="forget", label="Forget", operation="remove_notice", dangerous=True, fresh=True),
            Action(
                name="copy",
                label="Copy",
                operation="create_notice",
                inputs=[Input(name=name, label=name) for name in ("text", "level", "colors")],
            ),
        ],
    ),
)

BROKEN = Section(
    name="broken",
    title="Asks for too much",
    order=7,
    blocks=[
        Chart(
            title="Levels",
            operation="list_notices",
            series=[Series(name="level", label="Level")],
            fixed={"limit": "1000"},
        )
    ],
)
WITHOUT_LISTS = Section(
    name="without-lists",
    title="Without lists",
    order=8,
    blocks=[],
    actions=[
        Action(
            name="create",
            label="Create",
            operation="create_notice",
            inputs=[Input(name=name, label=name) for name in ("text", "level", "colors")],
        )
    ],
)
