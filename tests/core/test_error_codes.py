"""Codes of errors: each is documented, and each documented response says which it can have."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
from litestar import Litestar

from creatorvault.core.errors import Alert, CreatorVaultError, InternalError
from creatorvault.core.openapi.document import document

PAGE: Final = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS: Final = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+) \|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def published(app: Litestar) -> Any:
    return document(app)


def errors(kind: type[CreatorVaultError] = CreatorVaultError) -> Iterator[type[CreatorVaultError]]:
    yield kind
    for subclass in kind.__subclasses__():
        if subclass.__module__.startswith("creatorvault."):
            yield from errors(subclass)


def error_responses(published: Any) -> Iterator[tuple[str, Any]]:
    responses = [("components", each) for each in published["components"]["responses"].values()]
    responses += [
        (operation["operationId"], response)
        for item in published["paths"].values()
        for operation in item.values()
        for response in operation["responses"].values()
    ]
    return ((name, each) for name, each in responses if "application/problem+json" in each.get("content", {}))


def test_every_code_is_explained_with_its_status(published: Any) -> None:
    codes = {(error.code, int(error.status)) for error in errors()}

    assert {(code, int(status)) for code, status, _ in ROWS} == codes
    assert len(ROWS) == len(codes), "a row stands twice"
    assert published["components"]["schemas"]["ErrorCode"]["enum"] == sorted({code for code, _ in codes})


def test_codes_are_plain_names() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code) for error in errors())


def test_clients_learn_nothing_of_an_alarm_but_that_the_service_failed() -> None:
    assert {alert.code for alert in errors(Alert)} == {InternalError.code}


def test_every_error_response_has_both_forms_and_lists_its_codes(published: Any) -> None:
    known = set(published["components"]["schemas"]["ErrorCode"]["enum"])
    found = list(error_responses(published))

    assert len(found) > 100
    for name, response in found:
        codes = response["x-error-codes"]
        content = response["content"]
        assert {shown["value"]["code"] for shown in content["application/json"]["examples"].values()} == set(codes), (
            name
        )
        assert {shown["value"]["code"] for shown in content["application/problem+json"]["examples"].values()} <= {
            *codes
        }
        assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}
        assert set(codes) <= known, name
        assert all(f"`{code}`" in response["description"] for code in codes), name


def test_every_error_status_of_an_operation_has_a_code(published: Any) -> None:
    """But for health checks, whose 503 is a report."""
    without = {
        (path, status)
        for path, item in published["paths"].items()
        for operation in item.values()
        for status, response in operation["responses"].items()
        if int(status) >= HTTPStatus.BAD_REQUEST and "$ref" not in response and "x-error-codes" not in response
    }

    assert without == {("/health/db", "503"), ("/health/ready", "503")}
