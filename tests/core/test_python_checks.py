"""`check` detects a Python that normalises text in quadratic time, or was built without optimisation."""

import sysconfig
from collections.abc import Callable

import pytest

from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold, fold_tag
from creatorvault.management.checks import Installation
from creatorvault.management.checks_of_python import build_check, is_quadratic
from creatorvault.settings.sections import Settings
from tests.factories import sorted_by_insertion


def test_quadratic_time_is_detected() -> None:
    assert is_quadratic(sorted_by_insertion)


@pytest.mark.parametrize("work", [sorted, str.casefold, str.split, fold, fold_tag, title_key])
def test_linear_time_is_not_mistaken_for_quadratic_time(work: Callable[[str], object]) -> None:
    assert not is_quadratic(work)


@pytest.mark.parametrize(
    ("configured", "deploy", "found"),
    [
        ("'--enable-optimizations' '--with-lto'", True, []),
        ("'--prefix=/usr/local' '--enable-shared'", True, ["core.W017"]),
        (None, True, ["core.W017"]),
        ("", False, []),
    ],
)
async def test_a_python_without_optimisation_is_reported_for_production(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, configured: str | None, deploy: bool, found: list[str]
) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", {"CONFIG_ARGS": configured}.get)

    assert [message.id for message in await build_check(Installation(settings, deploy))] == found
