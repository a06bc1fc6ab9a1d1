"""An issuer that does not respond raises one alarm and is counted."""

import pytest

from creatorvault.accounts.errors import IssuerUnavailable
from creatorvault.accounts.jwks_cache import FETCHES, JwksCache
from creatorvault.core.telemetry.alerts import RAISED
from creatorvault.core.telemetry.logging import configure_logging
from creatorvault.settings.sections import AuthSettings
from tests.logs import captured_logs

NOBODY = "http://127.0.0.1:9/jwks"


async def test_an_unavailable_issuer_raises_one_alarm() -> None:
    configure_logging("DEBUG", "auto", production=False)
    now, raised = 0.0, RAISED["provider_down"]
    keys = JwksCache("down", NOBODY, ("EdDSA",), AuthSettings(), 4.0, lambda: now)

    with captured_logs() as logs:
        for _ in range(3):
            with pytest.raises(IssuerUnavailable):
                await keys.find("a-key", "EdDSA")
            now += 60
    await keys.aclose()

    assert [(alert["code"], alert["issuer"]) for alert in logs.named("alarm")] == [("provider_down", "down")]
    assert RAISED["provider_down"] == raised + 1
    assert FETCHES["down", "failed"] == 3
