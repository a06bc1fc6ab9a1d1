"""Repositories that cannot access rows outside their scope."""

from typing import Any

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ColumnElement, Select, select

from creatorvault.core.database.sessions import ReadSession, WriteSession


class ScopedRepository[ModelT: Any, SessionT: ReadSession = ReadSession](SQLAlchemyAsyncRepository[ModelT]):
    """Entities within `scope`: the first of the two locks, the second being row-level security.

    Its methods that write can be called only where it was made with a WriteSession: they say so of `self`.

    Totals are counted by a statement of their own: a window function finds none on a page after the last row. Page and
    total are of one snapshot if the session is (`Database.reading`).

    Columns are changed with `change`. Advanced Alchemy's updates from dicts (`update(dict, item_id=…)`, `update_many`,
    `upsert`) would write SQLModel's construction defaults over columns that were not named.
    """

    def __init__(self, session: SessionT, scope: ColumnElement[bool]) -> None:
        self.scope = scope
        super().__init__(
            session=session,
            statement=select(self.model_type).where(scope),
            auto_refresh=False,
            wrap_exceptions=False,
            count_with_window_function=False,
        )

    def columns(self, *columns: Any) -> Select[Any]:
        """Returns a select of columns within the scope. Rows cost a fraction of entities, and lists need none."""
        return select(*columns).where(self.scope)

    async def change(self: "ScopedRepository[ModelT, WriteSession]", entity: ModelT, **values: Any) -> None:
        """Sets just these columns of a loaded entity and sends them."""
        for name, value in values.items():
            setattr(entity, name, value)
        await self.session.flush()
