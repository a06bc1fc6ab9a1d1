"""The findings as a table, a plot and raw numbers."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.crowding import Crowding
from benchmarks.measuring import Result
from benchmarks.plot import Bar, plot
from benchmarks.rivals.comparison import table
from benchmarks.share import Share
from benchmarks.works import WORKS, Work
from creatorvault.management.checks_of_python import is_optimised

HEADER = ("work", "service", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "database CPU ms")


class Findings(msgspec.Struct):
    rounds: int
    seconds: float
    results: dict[str, dict[str, Result]] = {}
    share: Share | None = None
    crowding: Sequence[Crowding] = ()
    rivals: dict[str, dict[str, Result]] = {}


def cells(result: Result) -> list[str]:
    times = (result.p50, result.p95, result.p99, result.cpu, result.database_cpu)
    return [f"{result.rate:,.0f}", *(f"{time:.2f}" for time in times)]


def print_rows(work: Work, results: dict[str, Result]) -> None:
    print_figures(f"{work.title}, {work.connections} connections", results)
    for against, target, ratio in ratios(work, results):
        goal = f" (goal {target:g})" if target else ""
        print(f"  {ratio:.2f} x {against}{goal}", flush=True)


def print_figures(title: str, results: dict[str, Result]) -> None:
    print(title)
    for name, result in results.items():
        print(f"  {name:<18}" + "".join(f"{cell:>10}" for cell in cells(result)), flush=True)


def ratios(work: Work, results: dict[str, Result]) -> list[tuple[str, float | None, float]]:
    """Throughput of the first service over each other's."""
    first, *others = work.services
    targets = {"baseline": work.times_baseline, "floor": work.times_floor}
    return [(other, targets.get(other), results[first].rate / results[other].rate) for other in others]


def write(folder: Path, findings: Findings) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_bytes(msgspec.json.format(msgspec.json.encode(findings), indent=1) + b"\n")
    (folder / "results.md").write_text(_markdown(findings))
    (folder / "results.svg").write_text(plot(_bars(findings)))


def _measured(findings: Findings) -> list[Work]:
    return [work for work in WORKS if work.name in findings.results]


def _bars(findings: Findings) -> list[Bar]:
    return [
        Bar(f"{work.title}, against the {against}", ratio, target)
        for work in _measured(findings)
        for against, target, ratio in ratios(work, findings.results[work.name])
        if target is not None
    ]


def _markdown(findings: Findings) -> str:
    lines = [
        "# Benchmark results",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: Python {platform.python_version()}"
        f"{'' if is_optimised() else ', built without optimisation'}, {platform.machine()}. Medians of "
        f"{findings.rounds} interleaved rounds of {findings.seconds:g} seconds. What is measured, and how to read it: "
        "[performance](../performance.md).",
        "",
        "![Throughput against the baseline and the floor](results.svg)",
        "",
        "## Against the goals",
        "",
        "| work | against | throughput | goal | |",
        "|---|---|---|---|---|",
    ]
    for work in _measured(findings):
        for against, target, ratio in ratios(work, findings.results[work.name]):
            goal, reached = (f"{target:g}", "reached" if ratio >= target else "missed") if target else ("–", "")
            lines.append(f"| {work.title} | {against} | {ratio:.2f} × | {goal} | {reached} |")
    lines += _special(findings)
    if findings.rivals:
        lines += ["", "## Beside PocketBase and Django Ninja", "", *table(findings.rivals)]
    lines += ["", "## All figures", "", f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|"]
    figures = [(work.title, findings.results[work.name]) for work in _measured(findings)]
    figures += [(f"{title}, all cores", results) for title, results in findings.rivals.items()]
    for title, results in figures:
        lines += [f"| {title} | {name} | {' | '.join(cells(result))} |" for name, result in results.items()]
    return "\n".join(lines) + "\n"


def _special(findings: Findings) -> list[str]:
    results, lines = findings.results, [""]
    if alone := results.get("search-alone"):
        lines.append(f"- Search of 10,000 ideas on one connection: p95 {alone['ours'].p95:.1f} ms (goal: 15).")
    if findings.share:
        lines.append(f"- The same process with its cipher and without: {findings.share} (goal: at most 10 %).")
    if (small := results.get("list")) and (huge := results.get("list-200000")):
        growth = {name: huge[name].cpu + huge[name].database_cpu for name in ("ours", "baseline")}
        before = {name: small[name].cpu + small[name].database_cpu for name in growth}
        texts = [f"{name} {before[name]:.2f} → {growth[name]:.2f} ms" for name in growth]
        lines.append(f"- CPU of a list from 200 to 200,000 ideas in the vault, database included: {', '.join(texts)}.")
    for when, crowd in zip(("for the first time", "cold, with segments"), findings.crowding, strict=False):
        lines.append(
            f"- p99 of single gets: {crowd.p99_alone:.1f} ms alone, {crowd.p99_beside:.1f} ms while another vault of "
            f"100,000 ideas is searched {when} in the same process (goal: 25 more at most); that search took "
            f"{crowd.search:.0f} ms, the next one {crowd.second_search:.1f} ms."
        )
        lines.append(
            f"- Peak memory of the process: {crowd.bytes_before / 2**20:.0f} MiB, and "
            f"{crowd.peak_bytes / 2**20:.0f} MiB with a corpus of 100,000 ideas."
        )
    return lines
