"""How far the runs of a replay have come, read from their ledgers."""

from collections.abc import Sequence

from labelnext.audit.plan import Run
from labelnext.rounds.project import STATE
from labelnext.store.ledger import Ledger, StepRow


def steps(run: Run) -> list[StepRow]:
    """Every finished step of a run, oldest first; none where it was not begun."""
    path = run.folder / STATE / "ledger.sqlite"
    if not path.exists():
        return []
    ledger = Ledger(path)
    try:
        return ledger.steps()
    finally:
        ledger.close()


def cycles_done(run: Run) -> int:
    """Finished cycles of a run; an initial detector counts as one."""
    evaluated = {row.round for row in steps(run) if row.step == "evaluate"}
    wanted = range(1, run.cycles + 1) if run.cycles else range(1)
    return sum(number in evaluated for number in wanted)


class Course:
    """How many cycles of each run are done; `look` reads the ledgers of those that are not."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        self.cycles = [0] * len(self.runs)

    @property
    def total(self) -> int:
        """Cycles of all runs."""
        return sum(_whole(run) for run in self.runs)

    @property
    def done(self) -> int:
        """Finished cycles of all runs."""
        return sum(self.cycles)

    def look(self) -> None:
        """Count anew."""
        for i, run in enumerate(self.runs):
            if self.cycles[i] < _whole(run):
                self.cycles[i] = cycles_done(run)


def _whole(run: Run) -> int:
    return max(run.cycles, 1)
