"""Process-wide objects of the figures app."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.admin.parts import AdminParts
from creatorvault.core.parts import Parts
from creatorvault.figures.checking import SystemChecker
from creatorvault.figures.counting import RequestCounts
from creatorvault.figures.keeping import FiguresKeeper
from creatorvault.management.system_checks import SystemChecks
from creatorvault.settings.sections import Settings


@dataclass(slots=True)
class FiguresParts:
    """`keeper` is None if there is no login for operators."""

    checker: SystemChecker
    keeper: FiguresKeeper | None


@asynccontextmanager
async def figures_parts(parts: Parts) -> AsyncGenerator[FiguresParts]:
    operators, counts = parts[AdminParts].operators_database, parts.get(RequestCounts)
    async with AsyncExitStack() as stack:
        checker = SystemChecker(parts[SystemChecks], parts[Settings])
        stack.push_async_callback(checker.aclose)
        keeper = None if operators is None or counts is None else FiguresKeeper(operators, counts)
        if keeper is not None:
            stack.push_async_callback(keeper.aclose)
        yield FiguresParts(checker, keeper)
