"""Pages of notices."""

from creatorvault.core.console.declarations import Action, Column, Filter, Section, Table

NOTICES = Section(
    name="notices",
    title="Notices",
    order=-1,
    blocks=[
        Table(
            title="Notices",
            operation="list_notices",
            columns=[Column(name="text", label="Text"), Column(name="about.by", label="Author")],
            search=Filter(name="q", label="Text"),
            actions=["remove"],
        )
    ],
    actions=[Action(name="remove", label="Remove", operation="remove_notice", done="It is gone.")],
)
