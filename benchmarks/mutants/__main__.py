"""Do the tests notice faults? python -m benchmarks.mutants [--seed 1] [--count 200] [--only creatorvault/crypto]

Runs the designed faults first, then a sample of mutants with an effect. The exit status is 1 if a designed fault is not
noticed, or less than 95 % of the sample are. A run that was interrupted continues with `--resume FILE`, which keeps the
outcomes.
"""

import argparse
import json
import math
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.mutants.designed import STABLE
from benchmarks.mutants.designed_vaults import MOVING
from benchmarks.mutants.faults import problems
from benchmarks.mutants.journal import Journal
from benchmarks.mutants.laboratory import Laboratory
from benchmarks.mutants.mutations import sampled
from benchmarks.mutants.report import Report
from benchmarks.mutants.sandbox import CHECKOUT, Sandbox
from benchmarks.mutants.selection import Index, Selection
from benchmarks.mutants.source import Module
from benchmarks.mutants.survivors import Survivors

MUTATED: Final = ("crypto", "accounts", "tenants", "ideas", "core/limits", "idempotency")
# The tests of what is mutated. Those of the guides, of lost databases, of browsers and of whole processes are slow, and
# look at other things.
TESTS: Final = (
    *("accounts", "admin", "audit", "contract", "core", "crypto", "ideas", "idempotency", "isolation", "metrics"),
    *("tenants", "texts", "test_architecture.py", "test_audit.py", "test_canary.py", "test_commit_failure.py"),
    *("test_isolation.py", "test_migrations.py", "test_openapi.py", "test_stateful.py"),
    "faults/test_commits_in_doubt.py",
)


def main() -> int:
    # An orderly end on SIGTERM too, so that the cluster is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _options()
    faults = [fault for fault in (*STABLE, *MOVING) if options.faults and _is_wanted(fault.path, options.only)]
    if wrong := problems(faults):
        sys.exit("\n".join(("Error: designed faults have to be adapted:", *wrong)))
    survivors, report, journal = Survivors.read(), Report(), Journal(options.resume)
    modules = [module for module in _package() if _is_mutated(module.path, options.only)]
    mutants = sampled(modules, options.count, options.seed)
    sandbox = Sandbox()
    with Laboratory(sandbox) as laboratory:
        selection = _selection(sandbox, laboratory)
        for fault in faults:
            outcome = journal.get(fault.name)
            if outcome is None:
                chosen = selection.for_change(fault.path, fault.lines(), fault.lines()).only(fault.noticed_by)
                tests = chosen.tests or selection.tests_in(fault.noticed_by)
                chosen = chosen._replace(tests=tests)
                outcome = laboratory.try_change(fault.path, fault.text(), chosen, selection, math.inf)
                journal.put(fault.name, outcome)
            report.fault(fault, outcome)
        for mutant in mutants:
            outcome = journal.get(mutant.id)
            if outcome is None:
                chosen = selection.for_change(mutant.path, mutant.lines, mutant.statement)
                text = mutant.edit.applied_to((CHECKOUT / mutant.path).read_text(encoding="utf-8"))
                outcome = laboratory.try_change(mutant.path, text, chosen, selection, options.time_limit)
                journal.put(mutant.id, outcome)
            report.mutant(mutant, outcome, survivors.get(mutant.id))
    report.end()
    if options.json:
        options.json.write_text(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if report.is_good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200, help="how many mutants (default 200)")
    parser.add_argument("--only", action="append", help="a file or folder of the package; may be given several times")
    parser.add_argument("--no-faults", dest="faults", action="store_false", help="leave the designed faults out")
    parser.add_argument("--resume", type=Path, help="a file that outcomes are added to, and taken from")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--time-limit", type=float, default=120, help="seconds of tests for one mutant (default 120)")
    return parser.parse_args()


def _selection(sandbox: Sandbox, laboratory: Laboratory) -> Selection:
    """Tests that were not traced as they are now are traced first."""
    index = Index([*_package(), *(Module(CHECKOUT, file) for file in _files_of_tests(sandbox.tree))])
    selection = Selection(sandbox.lines, sandbox.tree, index)
    if missing := [file for file in _files_of_tests(sandbox.tree) if file not in selection.files]:
        print(f"tracing {len(missing)} files of tests, which takes some minutes …", file=sys.stderr, flush=True)
        laboratory.trace(missing)
        selection = Selection(sandbox.lines, sandbox.tree, index)
        if untraced := [file for file in missing if file not in selection.files]:
            sys.exit(f"Error: no test could be run of {', '.join(untraced)}. See {sandbox.folder / 'run.log'}")
    return selection


def _files_of_tests(tree: Path) -> Iterator[str]:
    for name in TESTS:
        folder = tree / "tests" / name
        for file in sorted(folder.rglob("test_*.py")) if folder.is_dir() else [folder]:
            yield str(file.relative_to(tree))


def _package() -> list[Module]:
    return [Module(CHECKOUT, str(file.relative_to(CHECKOUT))) for file in sorted(CHECKOUT.glob("creatorvault/**/*.py"))]


def _is_mutated(path: str, only: Sequence[str] | None) -> bool:
    return path.startswith(tuple(f"creatorvault/{name}/" for name in MUTATED)) and _is_wanted(path, only)


def _is_wanted(path: str, only: Sequence[str] | None) -> bool:
    return only is None or path.startswith(tuple(only))


if __name__ == "__main__":
    sys.exit(main())
