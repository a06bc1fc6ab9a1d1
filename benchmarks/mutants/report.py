"""What was noticed, printed as it becomes known, and the verdict."""

from typing import Any, Final

from benchmarks.mutants.faults import Fault
from benchmarks.mutants.laboratory import Outcome
from benchmarks.mutants.mutations import Mutant
from benchmarks.mutants.survivors import EQUIVALENT, Survivor

LEAST_NOTICED: Final = 0.95


class Report:
    def __init__(self) -> None:
        self._faults: list[dict[str, Any]] = []
        self._mutants: list[dict[str, Any]] = []

    def fault(self, fault: Fault, outcome: Outcome) -> None:
        self._faults.append({"name": fault.name, "path": fault.path, **outcome._asdict()})
        by = outcome.by or ", ".join(fault.noticed_by)
        print(f"fault {outcome.how:9} {outcome.seconds:6.1f} s  {fault.name}: {by}", flush=True)

    def mutant(self, mutant: Mutant, outcome: Outcome, survivor: Survivor | None) -> None:
        said = {} if survivor is None else survivor._asdict()
        named = {"id": mutant.id, "title": mutant.title, "operator": mutant.operator}
        self._mutants.append({**named, **outcome._asdict(), **said})
        how = survivor.verdict if survivor is not None and not outcome.is_noticed else outcome.how
        seen = outcome.by if outcome.is_noticed else f"{outcome.ran} of {outcome.known} tests"
        print(f"{mutant.id} {how:10} {outcome.seconds:6.1f} s  {mutant.title}  [{seen}]", flush=True)

    @property
    def is_good(self) -> bool:
        return not self._missed_faults() and self._share() >= LEAST_NOTICED

    def end(self) -> None:
        counts = self.as_dict()["counts"]
        print()
        for mutant in self._mutants:
            if mutant["how"] == "survived":
                reason = mutant.get("reason", "NOT LISTED: write a test, or say in survivors.toml why none is needed")
                print(f"survived: {mutant['id']} {mutant['title']}\n          {reason}")
            elif "verdict" in mutant:
                print(f"listed as {mutant['verdict']}, but noticed: {mutant['id']} {mutant['title']}")
        for fault in self._missed_faults():
            print(f"NOT NOTICED: {fault['name']}")
        print(
            f"{counts['faults_noticed']} of {counts['faults']} designed faults are noticed. "
            f"{counts['noticed']} of {counts['with_effect']} mutants with an effect are noticed "
            f"({self._share():.1%}); {counts['equivalent']} more have none."
        )

    def as_dict(self) -> dict[str, Any]:
        noticed = sum(mutant["how"] != "survived" for mutant in self._mutants)
        equivalent = sum(self._has_no_effect(mutant) for mutant in self._mutants)
        counts = {
            "faults": len(self._faults),
            "faults_noticed": len(self._faults) - len(self._missed_faults()),
            "noticed": noticed,
            "with_effect": len(self._mutants) - equivalent,
            "equivalent": equivalent,
        }
        return {"counts": counts, "faults": self._faults, "mutants": self._mutants}

    def _share(self) -> float:
        counted = [mutant for mutant in self._mutants if not self._has_no_effect(mutant)]
        return sum(mutant["how"] != "survived" for mutant in counted) / len(counted) if counted else 1.0

    @staticmethod
    def _has_no_effect(mutant: dict[str, Any]) -> bool:
        return mutant["how"] == "survived" and mutant.get("verdict") == EQUIVALENT

    def _missed_faults(self) -> list[dict[str, Any]]:
        return [fault for fault in self._faults if fault["how"] == "survived"]
