"""What the verification of tokens and the limits of callers say of themselves."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.accounts.jwks_cache import FETCHES
from creatorvault.accounts.parts import AccountsParts
from creatorvault.core.limits.counters import SharedCounters
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counters, gauge


def token_metrics(parts: Parts) -> Iterator[Metric]:
    remembered = parts[AccountsParts].verifier.remembered
    yield gauge("remembered_tokens", "Tokens that were verified and need not be again.", remembered)
    yield counters("jwks_fetches", "Requests for an issuer's keys.", ("issuer", "outcome"), FETCHES.items())


def limits_metrics(parts: Parts) -> Iterator[Metric]:
    limits = parts[AccountsParts].limits
    refused = (((policy,), count) for policy, count in limits.refused.items())
    yield counters("limits_refused", "Requests answered 429.", ("policy",), refused)
    if isinstance(limits.counters, SharedCounters):
        yield gauge("limits_storage_up", "0 while each process counts for itself.", int(limits.counters.shared))
