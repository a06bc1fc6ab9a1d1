"""Pages of the operators' console: the overview, the settings in force, and the system checks."""

from collections.abc import Mapping
from typing import Final

from creatorvault.core.console.declarations import N_, Chart, Column, Facts, Kind, Section, Series, Table
from creatorvault.tenants.admin_columns import STATUSES

HOUR: Final[Mapping[str, str]] = {"span": "hour"}
DAY: Final[Mapping[str, str]] = {"span": "day"}
WEEK: Final[Mapping[str, str]] = {"span": "week"}
LEVELS: Final[Mapping[str, str]] = {"error": N_("Error"), "warning": N_("Warning")}

STATUS: Final = Facts(
    title=N_("The service"),
    operation="get_status",
    fields=[
        Column(name="version", label=N_("Version")),
        Column(name="migrated", label=N_("Database is migrated"), kind=Kind.FLAG),
        Column(name="tenants", label=N_("Tenants"), kind=Kind.PAIRS, values=STATUSES),
        Column(name="vaults", label=N_("Vaults"), kind=Kind.NUMBER),
        Column(name="ideas", label=N_("Ideas"), kind=Kind.NUMBER),
        Column(name="sealed_bytes", label=N_("Size of ciphertexts"), kind=Kind.BYTES),
        Column(name="opened_vaults", label=N_("Vaults whose keys are in memory"), kind=Kind.NUMBER),
        Column(name="corpora", label=N_("Vaults in the search cache"), kind=Kind.NUMBER),
        Column(name="corpora_bytes", label=N_("Size of the search cache"), kind=Kind.BYTES),
    ],
    refresh_seconds=30,
)
READINESS: Final = Facts(
    title=N_("Readiness"),
    operation="get_readiness",
    fields=[
        Column(name="ready", label=N_("Ready"), kind=Kind.FLAG),
        Column(name="checks", label=N_("Checks"), kind=Kind.PAIRS),
        Column(name="warnings", label=N_("Warnings"), kind=Kind.PAIRS),
    ],
    refresh_seconds=30,
)
ALARMS: Final = Table(
    title=N_("Alarms of the last day"),
    operation="get_series",
    rows="alerts",
    fixed=DAY,
    columns=[
        Column(name="code", label=N_("Code"), kind=Kind.IDENTIFIER),
        Column(name="count", label=N_("Number"), kind=Kind.NUMBER),
        Column(name="last_at", label=N_("Last"), kind=Kind.MOMENT),
    ],
    empty=N_("There was no alarm."),
    refresh_seconds=60,
)
OVERVIEW: Final = Section(
    name="overview",
    title=N_("Overview"),
    order=0,
    blocks=[
        STATUS,
        READINESS,
        ALARMS,
        Chart(
            title=N_("Requests per minute, last hour"),
            operation="get_series",
            fixed=HOUR,
            series=[Series(name="requests", label=N_("Requests")), Series(name="writes", label=N_("Writes"))],
        ),
        Chart(
            title=N_("Errors per minute, last hour"),
            operation="get_series",
            fixed=HOUR,
            series=[Series(name="errors", label=N_("Errors"))],
        ),
        Chart(
            title=N_("Milliseconds to the answer, last hour"),
            operation="get_series",
            fixed=HOUR,
            series=[
                Series(name="p50_milliseconds", label=N_("Half of the requests")),
                Series(name="p95_milliseconds", label=N_("95 of 100 requests")),
                Series(name="p99_milliseconds", label=N_("99 of 100 requests")),
            ],
        ),
        Chart(
            title=N_("Jobs, last day"),
            operation="get_series",
            fixed=DAY,
            series=[Series(name="jobs_waiting", label=N_("Waiting")), Series(name="jobs_failed", label=N_("Failed"))],
        ),
        Chart(
            title=N_("Vaults, last week"),
            operation="get_series",
            fixed=WEEK,
            series=[Series(name="vaults", label=N_("Vaults"))],
        ),
        Chart(
            title=N_("Ideas, last week"),
            operation="get_series",
            fixed=WEEK,
            series=[Series(name="ideas", label=N_("Ideas"))],
        ),
        Chart(
            title=N_("Size of ciphertexts, last week"),
            operation="get_series",
            fixed=WEEK,
            unit=Kind.BYTES,
            series=[Series(name="sealed_bytes", label=N_("Size of ciphertexts"))],
        ),
        Chart(
            title=N_("Vaults by the version of their key, last week"),
            operation="get_series",
            fixed=WEEK,
            series=[Series(name="key_versions", label=N_("Version"))],
        ),
    ],
)
SETTINGS: Final = Section(
    name="settings",
    title=N_("Settings"),
    order=80,
    blocks=[
        Table(
            title=N_("Settings in force"),
            operation="list_settings",
            columns=[
                Column(name="name", label=N_("Setting"), kind=Kind.IDENTIFIER),
                Column(name="value", label=N_("Value"), kind=Kind.IDENTIFIER),
                Column(name="is_default", label=N_("Is the default"), kind=Kind.FLAG),
                Column(name="variable", label=N_("Variable"), kind=Kind.IDENTIFIER),
                Column(name="documented_in", label=N_("Documented in")),
            ],
        )
    ],
)
CHECKS: Final = Section(
    name="checks",
    title=N_("Checks"),
    order=90,
    blocks=[
        Facts(
            title=N_("System checks"),
            operation="run_checks",
            fields=[
                Column(name="checked_at", label=N_("Checked"), kind=Kind.MOMENT),
                Column(name="seconds", label=N_("Seconds taken"), kind=Kind.NUMBER),
                Column(name="errors", label=N_("Errors"), kind=Kind.NUMBER),
                Column(name="warnings", label=N_("Warnings"), kind=Kind.NUMBER),
            ],
        ),
        Table(
            title=N_("Findings"),
            operation="run_checks",
            columns=[
                Column(name="level", label=N_("Level"), kind=Kind.STATUS, values=LEVELS),
                Column(name="id", label=N_("Id"), kind=Kind.IDENTIFIER),
                Column(name="text", label=N_("Finding"), kind=Kind.PROSE),
                Column(name="hint", label=N_("What helps"), kind=Kind.PROSE),
            ],
            empty=N_("The checks have found nothing."),
        ),
    ],
)
