"""Asks whether a locked dependency has a known vulnerability; exit status 1 when one has.

Where no vulnerability service can be reached, it says so, loudly and with exit status 0: a build does not fail for a
network that it does not have. `--strict` makes that a failure too, for the place that releases are made.
"""
# ruff: noqa: INP001, T201  # a program, no package; it talks to a person

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

LOCK = "requirements-dev.lock"  # has all of requirements.lock, in the same versions
SERVICES = ("pypi", "osv")


class NotAudited(Exception):
    """Says why a service could not be used."""


def audit(lock: str, service: str) -> Sequence[dict[str, Any]]:
    """The dependencies of a lock, each with its `vulns`. Raises NotAudited unless every one was looked up."""
    command = (
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        lock,
        "--require-hashes",
        "--no-deps",
        "--disable-pip",
    )
    options = ("--vulnerability-service", service, "--format", "json", "--progress-spinner", "off", "--timeout", "10")
    try:
        done = subprocess.run((*command, *options), capture_output=True, text=True, check=False, timeout=120)
        dependencies: Sequence[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        raise NotAudited(f"{service} did not answer in time") from None
    except (ValueError, KeyError):
        raise NotAudited(f"{service}: {' '.join(done.stderr.split()[-12:]) or 'no answer'}") from None
    if skipped := [str(dependency["name"]) for dependency in dependencies if "skip_reason" in dependency]:
        raise NotAudited(f"{service} knows nothing of {len(skipped)} of {len(dependencies)}, {skipped[0]} for one")
    if not dependencies:
        raise NotAudited(f"{service}: the lock is empty")
    return dependencies


def by_some_service(lock: str) -> Sequence[dict[str, Any]]:
    """Raises NotAudited with the reasons of all services."""
    reasons = []
    for service in SERVICES:
        try:
            return audit(lock, service)
        except NotAudited as reason:
            reasons.append(f"  {reason}")
    raise NotAudited("\n".join(reasons))


def vulnerabilities(dependency: dict[str, Any]) -> Iterator[str]:
    for found in dependency["vulns"]:
        fixed = ", ".join(found["fix_versions"]) or "no version yet"
        yield f"{dependency['name']} {dependency['version']}: {found['id']} (fixed in {fixed})"


def main() -> int:
    try:
        dependencies = by_some_service(LOCK)
    except NotAudited as reasons:
        print(f"{LOCK}: NOT AUDITED. No vulnerability service could be used:\n{reasons}")
        return 1 if "--strict" in sys.argv else 0
    found = sorted({text for dependency in dependencies for text in vulnerabilities(dependency)})
    print(f"{LOCK}: {len(dependencies)} dependencies looked up, {len(found)} vulnerabilities.", *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
