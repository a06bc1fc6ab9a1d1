"""What the keyring says of itself."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counters, gauge
from creatorvault.crypto.parts import CryptoParts


def keyring_metrics(parts: Parts) -> Iterator[Metric]:
    crypto = parts[CryptoParts]
    yield gauge("keyring_vaults", "Vaults whose keys are held.", crypto.keyring.vaults_held)
    yield counters(
        "root_key_failures",
        "Times that a root key could not be used, by provider and reason.",
        ("provider", "reason"),
        (((provider, reason.value), count) for (provider, reason), count in crypto.root_keys.failures.items()),
    )
