"""`check` detects a Python that normalises text in quadratic time."""

from collections.abc import Callable

import pytest

from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold, fold_tag
from creatorvault.management.checks_of_unicode import is_quadratic
from tests.factories import sorted_by_insertion


def test_quadratic_time_is_detected() -> None:
    assert is_quadratic(sorted_by_insertion)


@pytest.mark.parametrize("work", [sorted, str.casefold, str.split, fold, fold_tag, title_key])
def test_linear_time_is_not_mistaken_for_quadratic_time(work: Callable[[str], object]) -> None:
    assert not is_quadratic(work)
