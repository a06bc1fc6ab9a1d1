"""The same work by ours, by PocketBase and by Django Ninja, each on all cores, in turn."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import cycle
from typing import Final, NamedTuple

from benchmarks.cluster import Cluster
from benchmarks.content import Group, found_terms, search_terms
from benchmarks.load import Requests
from benchmarks.measuring import Result, measure
from benchmarks.processes import Server
from benchmarks.rivals import pocketbase as theirs
from benchmarks.rivals import services
from benchmarks.rivals.answers import CHECKED, found
from benchmarks.rivals.pocketbase import PocketBase
from benchmarks.works import Work, creates, gets, lists, patches, request, search

TWENTY: Final = Group("twenty", 20, 200)
ONE_OF_THEM: Final = TWENTY._replace(vaults=1)
GROUPS: Final = (TWENTY, CHECKED)
READING: Final = ("ours-one", "ours-all", "pocketbase", "django")
WRITING: Final = (*READING, "ours-one-unflushed", "ours-all-unflushed")
SHIPPED: Final = "as shipped"
UNFLUSHED: Final = "without the flush"
HEADER: Final = (
    *("work", "ours, one worker", "ours, one a core", "PocketBase", "Django Ninja"),
    *("better of ours by PocketBase", "goal", "", "better of ours by Django Ninja"),
)


class Goal(NamedTuple):
    """`times` is the throughput of the better of ours by that of PocketBase, to be reached."""

    work: str
    times: float | None
    way: str = ""

    def of_ours(self, results: Mapping[str, Result]) -> tuple[Result, Result]:
        """With one worker, and with one a core."""
        ending = "-unflushed" if self.way == UNFLUSHED else ""
        return results[f"ours-one{ending}"], results[f"ours-all{ending}"]

    def row(self, results: Mapping[str, Result]) -> tuple[str, ...]:
        """Of `HEADER`: requests per second, and what they are of each other."""
        ours, pocketbase, django = self.of_ours(results), results["pocketbase"], results["django"]
        best = max(result.rate for result in ours)
        ratio = best / pocketbase.rate
        goal, reached = ("–", "")
        if self.times is not None:
            goal, reached = f"{self.times:g}", "reached" if ratio >= self.times else "missed"
        title = f"{self.work}, {self.way}" if self.way else self.work
        rates = (f"{result.rate:,.0f}" for result in (*ours, pocketbase, django))
        return title, *rates, f"{ratio:.2f} ×", goal, reached, f"{best / django.rate:.2f} ×"


LIST: Final = "list, first 20 of 200"
GET: Final = "get one"
SEARCH: Final = "search in 200"
FOUND: Final = "search in 200, found in every vault"
CREATE: Final = "create"
PATCH: Final = "patch, spread over the vaults"
PATCH_ONE: Final = "patch, all 16 writers on one vault"
GOALS: Final = (
    Goal(LIST, 2),
    Goal(GET, 1.2),
    Goal(SEARCH, 10),
    Goal(FOUND, None),
    Goal(CREATE, 1, SHIPPED),
    Goal(CREATE, 1.2, UNFLUSHED),
    Goal(PATCH, 1, SHIPPED),
    Goal(PATCH, 1.2, UNFLUSHED),
    Goal(PATCH_ONE, 0.8, SHIPPED),
    Goal(PATCH_ONE, None, UNFLUSHED),
)


def works(pocketbase: PocketBase) -> tuple[Work, ...]:
    """Creates are the last, so that all others find the vaults as they were filled."""

    def work(title: str, ours: Requests, others: Requests, names: tuple[str, ...] = READING) -> Work:
        return Work(title, title, ours, GROUPS, names, translated={pocketbase.name: others})

    def pages() -> Iterator[str]:
        return iter((theirs.page(),))

    ask = pocketbase.request
    # They go on where the last run ended, so that no remembered answer helps.
    rare, often = cycle(search_terms()), cycle(found_terms(TWENTY))
    return (
        work(LIST, lists(TWENTY), lists(TWENTY, pages, ask)),
        work(GET, gets(TWENTY), gets(TWENTY, ask)),
        work(SEARCH, lists(TWENTY, lambda: map(search, rare)), lists(TWENTY, lambda: map(theirs.search, rare), ask)),
        work(FOUND, lists(TWENTY, lambda: map(search, often)), lists(TWENTY, lambda: map(theirs.search, often), ask)),
        work(PATCH, patches(TWENTY), patches(TWENTY, ask), WRITING),
        work(PATCH_ONE, patches(ONE_OF_THEM), patches(ONE_OF_THEM, ask), WRITING),
        work(CREATE, creates(TWENTY), creates(TWENTY, ask), WRITING),
    )


def compared(cluster: Cluster, rounds: int, seconds: float) -> Iterator[tuple[str, dict[str, Result]]]:
    """Each work, and the results by service."""
    pocketbase, django = services.pocketbase(cluster), services.django(cluster)
    pocketbase.fill(GROUPS)
    services.fill_all_ours(cluster, GROUPS)
    services.fill_django(cluster, GROUPS)
    cluster.checkpoint()
    servers = {server.name: server for server in (*services.ours(cluster), pocketbase, django)}
    with ExitStack() as running:
        for server in servers.values():
            running.enter_context(server)
        pocketbase.sign_up(user for group in GROUPS for user in group.users())
        check(servers, pocketbase)
        for work in works(pocketbase):
            yield work.title, measure(work, servers, cluster, rounds, seconds)


def check(servers: Mapping[str, Server], pocketbase: PocketBase) -> None:
    """Raises AssertionError if one of the services does not answer as the others do."""
    counts = {
        name: found(server, pocketbase.request, theirs.page(), theirs.search)
        if server is pocketbase
        else found(server, request, "", search)
        for name, server in servers.items()
    }
    assert len({tuple(count) for count in counts.values()}) == 1, counts


def table(results: Mapping[str, Mapping[str, Result]]) -> list[str]:
    """Lines of Markdown. `results` are by work and service."""
    rows = (goal.row(results[goal.work]) for goal in GOALS)
    return [f"| {' | '.join(row)} |" for row in (HEADER, ("---",) * len(HEADER), *rows)]
