"""Repositories that cannot access rows outside their scope."""

from collections.abc import Sequence
from typing import Any

from advanced_alchemy.filters import LimitOffset, OrderBy, StatementFilter
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ColumnElement, Select, select, true, tuple_

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

    async def descending(
        self,
        columns: Sequence[str],
        after: Sequence[Any] | None,
        limit: int,
        offset: int,
        *filters: StatementFilter | ColumnElement[bool],
        **equal: Any,
    ) -> tuple[Sequence[ModelT], int]:
        """Returns a page in descending order of `columns`, the last of which make it unique, and the total number.

        The page begins after the row with the values `after`, or with the first row, and then skips `offset` rows.
        """
        total = await self.count(*filters, **equal)
        if not total:
            return [], 0
        places = [getattr(self.model_type, name) for name in columns]
        beyond = true() if after is None else tuple_(*places) < tuple_(*after)
        order = [OrderBy(name, "desc") for name in columns]
        return await self.get_many(*filters, beyond, *order, LimitOffset(limit, offset), **equal), total

    async def change(self: "ScopedRepository[ModelT, WriteSession]", entity: ModelT, **values: Any) -> None:
        """Sets just these columns of a loaded entity and sends them."""
        for name, value in values.items():
            setattr(entity, name, value)
        await self.session.flush()
