"""Asks whether a locked dependency has a known vulnerability; exit status 1 when one has.

Where no vulnerability service can be reached, it says so, loudly and with exit status 0: a build does not fail for a
network that it does not have. `--strict` makes that a failure too, for the place that releases are made.
"""
# ruff: noqa: INP001, T201  # a program, no package; it talks to a person

import json
import subprocess
import sys

LOCKS = ("requirements.lock", "requirements-dev.lock")
SERVICES = ("pypi", "osv")


def audit(lock: str, service: str) -> tuple[list[str], int] | None:
    """What is vulnerable, and how many dependencies were looked up; None when the service cannot be used."""
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
        dependencies = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    looked_up = [dependency for dependency in dependencies if "skip_reason" not in dependency]
    found = [
        f"{dependency['name']} {dependency['version']}: {vulnerability['id']}"
        f" (fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'})"
        for dependency in looked_up
        for vulnerability in dependency["vulns"]
    ]
    return (found, len(looked_up)) if looked_up else None


def main() -> int:
    vulnerable: list[str] = []
    unknown = False
    for lock in LOCKS:
        answer = next((answer for service in SERVICES if (answer := audit(lock, service))), None)
        if answer is None:
            unknown = True
            print(
                f"{lock}: NOT AUDITED. No vulnerability service answers from here ({', '.join(SERVICES)} were asked)."
            )
        else:
            vulnerable += answer[0]
            print(f"{lock}: {answer[1]} dependencies looked up, {len(answer[0])} vulnerabilities.")
    print(*vulnerable, sep="\n")
    return 1 if vulnerable or (unknown and "--strict" in sys.argv) else 0


if __name__ == "__main__":
    sys.exit(main())
