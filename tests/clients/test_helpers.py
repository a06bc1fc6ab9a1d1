"""The hand-written helpers of both packages do the same, also when requests and answers are lost."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx
import pytest

from clients.build import Packages
from tests.clients.installing import Project, python_project, sources_of, typescript_project
from tests.clients.lossy import Network
from tests.clients.restartable import Restartable
from tests.front import Answered, Asked, Gone, front_of

pytestmark = pytest.mark.no_cover

LANGUAGES: Final = ("typescript", "python")

type Fault = Callable[[Asked, Callable[[], Answered]], Answered]
"""Gets a request, and what passes it on to the service."""


@pytest.fixture(scope="module")
def projects(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Project]:
    folder = tmp_path_factory.mktemp("scenarios")
    return {
        "typescript": typescript_project(packages, folder / "typescript", sources_of("scenarios.ts")),
        "python": python_project(packages, folder / "python", sources_of("scenarios.py")),
    }


class Runner(NamedTuple):
    """Runs one scenario for a new creator, with `fault` between the client and the service."""

    project: Project
    file: str
    service: Restartable

    def __call__(self, scenario: str, fault: Fault | None = None, first_token: Mapping[str, object] = {}) -> Any:
        user_id = f"helpers-{uuid4()}"
        arguments = (user_id, self.service.token(user_id, **first_token), self.service.token(user_id))
        if fault is None:
            return json.loads(self.project.run(self.file, scenario, self.service.address, *arguments))
        network = Network(self.service.address, 0, 0)
        try:
            with front_of(lambda asked: fault(asked, lambda: network.answer(asked))) as front:
                return json.loads(self.project.run(self.file, scenario, front.url, *arguments))
        finally:
            network.close()


@pytest.fixture(params=LANGUAGES)
def run(request: pytest.FixtureRequest, projects: Mapping[str, Project], service: Restartable) -> Runner:
    file = {"typescript": "scenarios.js", "python": "scenarios.py"}[request.param]
    return Runner(projects[request.param], file, service)


class Nth:
    """The fault for the request with this number of those with this method and path. `count` is how many there were."""

    def __init__(self, number: int, method: str, path: str, fault: Fault) -> None:
        self.count = 0
        self._number = number
        self._method = method
        self._path = path
        self._fault = fault

    def __call__(self, asked: Asked, passed_on: Callable[[], Answered]) -> Answered:
        if asked.method == self._method and self._path in asked.path:
            self.count += 1
            if self.count == self._number:
                return self._fault(asked, passed_on)
        return passed_on()


def only_first(method: str, path: str, fault: Fault) -> Nth:
    return Nth(1, method, path, fault)


def lost(asked: Asked, passed_on: Callable[[], Answered]) -> Answered:
    passed_on()
    raise Gone


def away(asked: Asked, passed_on: Callable[[], Answered]) -> Answered:
    raise Gone


def problem(status: int, code: str, **headers: str) -> Fault:
    body = json.dumps({"detail": "No", "code": code}).encode()
    return lambda asked, passed_on: Answered(status, body, {"Content-Type": "application/json", **headers})


def test_an_idea_is_created_once_whatever_is_lost(run: Runner) -> None:
    for fault in (lost, away, problem(503, "unavailable", **{"Retry-After": "0"}), problem(500, "internal_error")):
        assert run("create", only_first("POST", "/ideas", fault)) == ["Once", True, ["Once"], ["any", "any"]]


def test_a_limit_is_waited_for_unless_it_is_far_away(run: Runner) -> None:
    soon = problem(429, "too_many_requests", **{"Retry-After": "1"})
    late = problem(429, "too_many_requests", **{"Retry-After": "60"})

    assert run("creating", only_first("POST", "/ideas", soon))[1] == ["Once"]
    assert run("creating", only_first("POST", "/ideas", late)) == [[429, "too_many_requests", []], []]


def test_after_some_attempts_the_service_is_unreachable(run: Runner) -> None:
    def unreachable(asked: Asked, passed_on: Callable[[], Answered]) -> Answered:
        return away(asked, passed_on) if asked.method == "POST" else passed_on()

    assert run("creating", unreachable) == ["unreachable", []]


def test_an_expired_token_is_replaced_once(run: Runner) -> None:
    expired = int(time.time()) - 7200
    result = run("create", first_token={"iat": expired, "exp": expired + 3600})

    assert result[3][:2] == ["any", "another"]
    assert result[2] == ["Once"]


def test_another_401_is_not_repeated(run: Runner) -> None:
    refused = problem(401, "token_invalid")
    assert run("creating", only_first("POST", "/ideas", refused)) == [[401, "token_invalid", []], []]


def test_every_operation_can_be_called(run: Runner) -> None:
    assert run("typed") == [True, 404, "Typed"]


def test_errors_name_the_fields(run: Runner) -> None:
    [[status, _, fields], missing] = run("refused")

    assert (status, fields, missing) == (422, [["body", "title"]], 404)


def test_a_list_is_read_to_its_end(run: Runner) -> None:
    assert run("list") == [250, 250, 250, "1249", ["", "last"]]


def test_an_update_is_made_on_the_current_version(run: Runner) -> None:
    def meanwhile(asked: Asked, passed_on: Callable[[], Answered]) -> Answered:
        headers = {"Authorization": asked.headers["Authorization"], "Content-Type": "application/json"}
        url = run.service.address + asked.path
        httpx.patch(url, headers=headers, json={"notes": "Theirs"}, trust_env=False).raise_for_status()
        return passed_on()

    assert run("update", only_first("PATCH", "/ideas/", meanwhile)) == [
        [None, "Theirs"],
        "Theirs",
        ["a", "b"],
        ["a", "b"],
    ]


def test_an_update_whose_answer_is_lost_is_made_once(run: Runner) -> None:
    assert run("update", only_first("PATCH", "/ideas/", lost)) == [[None], None, ["a", "b"], ["a", "b"]]


def test_a_deletion_whose_answer_is_lost_is_a_success(run: Runner) -> None:
    assert run("remove") == [412, []]

    second = Nth(2, "DELETE", "/ideas/", lost)
    assert run("remove", second) == [412, []]
    assert second.count == 3


def test_revisions_come_and_streams_that_end_are_continued(run: Runner) -> None:
    """The service of this module ends each stream after a second."""
    assert run("live") == [5, True]


def test_changes_of_two_devices_are_merged_by_field(run: Runner) -> None:
    assert run("merging") == ["One", ["b"], "outline", True]


def test_a_deletion_wins_over_changes(run: Runner) -> None:
    assert run("deleting") == [[], [], None, False]


def test_a_rule_may_keep_what_was_deleted_elsewhere(run: Runner) -> None:
    assert run("deciding") == [["Shared", "Kept"]]


INVALID: Final = json.dumps({"detail": [{"type": "value_error", "loc": ["query", "since"], "msg": "No"}]}).encode()


def invalid_token(asked: Asked, passed_on: Callable[[], Answered]) -> Answered:
    return Answered(422, INVALID, {"Content-Type": "application/json"})


def test_a_device_whose_token_is_of_no_use_keeps_what_it_has_not_sent(run: Runner) -> None:
    expected = ["Unsent", "Unsent", None, ["Shared", "Unsent"]]
    assert run("forgetting") == expected

    for useless in (problem(410, "resync_required"), invalid_token):
        last = Nth(7, "GET", "/changes", useless)  # of the first device, which then starts again
        assert run("forgetting", last) == expected
        assert last.count == 8


def test_a_change_that_changes_nothing_forgets_nothing(run: Runner) -> None:
    """No page of changes names it afterwards."""
    assert run("repeating") == [1, 1]


def test_what_the_service_refuses_is_handed_back(run: Runner) -> None:
    operation, code, rejected, ideas = run("refusing")

    assert (operation, rejected, ideas) == ("create", [], [])
    assert code
