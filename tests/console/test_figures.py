"""The overview, the settings in force and the checks, in the console."""

from datetime import UTC, datetime

import pytest

from creatorvault.admin.parts import AdminParts
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.figures.parts import FiguresParts
from creatorvault.figures.sampling import sample_queue, sample_vaults
from tests.application import ROOT_KEYS, House
from tests.console.conftest import SignedInWith
from tests.factories import SECRET

PAGES = ("overview", "settings", "checks")


async def shown(signed_in: SignedInWith, page: str) -> str:
    browser = await signed_in("read")
    answer = await browser.get(f"/console/{page}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_overview_shows_figures_alarms_and_charts(console: House, signed_in: SignedInWith) -> None:
    await console.creator().idea()
    operators = part_of(console.app, AdminParts).database()
    await sample_vaults(operators, datetime.now(UTC))
    await sample_queue(operators, datetime.now(UTC))
    raise_alert("of_the_overview")
    keeper = part_of(console.app, FiguresParts).keeper
    assert keeper is not None
    await keeper.store()

    page = await shown(signed_in, "overview")

    for text in ("Readiness", "of_the_overview", "Requests per minute, last hour", "Vaults, last week", "Version 1"):
        assert text in page, text
    assert page.count("<svg") >= 8


async def test_the_settings_are_shown_with_secrets_masked(signed_in: SignedInWith) -> None:
    page = await shown(signed_in, "settings")

    for text in ("encryption.root_keys", "********", "CREATORVAULT_SEARCH__SEGMENTS", "docs/operations/settings.md"):
        assert text in page, text
    for secret in (SECRET, ROOT_KEYS, ROOT_KEYS.partition(":")[2]):
        assert secret not in page


async def test_the_findings_of_the_checks_are_shown(signed_in: SignedInWith, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creatorvault.management.checks_of_python.normalised", sorted)
    assert "core.W008" not in await shown(signed_in, "checks")
    monkeypatch.setattr("creatorvault.management.checks_of_python.is_quadratic", lambda work: True)

    page = await shown(signed_in, "checks")

    assert "core.W008" in page
    assert "Take a release of Python" in page


@pytest.mark.parametrize("page", PAGES)
async def test_other_scopes_do_not_open_the_pages(signed_in: SignedInWith, page: str) -> None:
    browser = await signed_in("manage")

    answer = await browser.get(f"/console/{page}")

    assert answer.status_code == 403
    assert f'href="/console/{page}"' not in answer.text
