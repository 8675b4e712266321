"""Make what is asked for of the paper: run what is missing, then draw and write."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from labelnext import presets
from labelnext.audit import Replay, workers_for
from labelnext.audit.paper import (
    Asked,
    Figure,
    Times,
    data_sets,
    figure,
    gather,
    measure,
    replays,
    run,
    times,
)
from labelnext.audit.paper.asked import check_data
from labelnext.audit.paper.completion import FOUND, IMAGES
from labelnext.errors import LabelnextError
from labelnext.protocols import Progress, quiet
from labelnext.report.paper.tables import Table
from labelnext.report.paper.write import Written, write_counts, write_figure, write_times

FOLDER = "paper"
_COUNTS = "What the data sets hold, beside the paper's own"
_TIMES = "Time to completion over b (images a cycle) and B (in all), labelling left out"


@dataclass(frozen=True, slots=True)
class Item:
    """A figure or table that was made.

    Attributes:
        title: `Figure 5`.
        caption: What it shows.
        found: What the paper found; empty for a table.
        tables: The numbers in short.
        files: Where it is.
    """

    title: str
    caption: str
    found: str
    tables: tuple[Table, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, and why the rest was not, in sentences."""

    items: tuple[Item, ...]
    problems: tuple[str, ...]


def make(
    asked: Asked,
    plan: Replay,
    *,
    command: str = "",
    workers: int | None = None,
    progress: Progress = quiet,
) -> Made:
    """Make figures and table in the folder `paper` of a replay.

    Runs that fail, and figures for which nothing was measured, are told as problems; the others are
    made all the same.

    Args:
        asked: What.
        plan: Folder (its index filled, but for Fig. 4 with the paper's times), settings, seeds,
            cycles; its arms are not used, and `ceiling` False leaves the whole pool out.
        command: The command that made it.
        workers: Processes side by side; None takes as many as suit the machine, 0 runs all in this
            process.
        progress: Told as cycles finish.

    Raises:
        LabelnextError: There are not the data that it takes; nothing has run.
    """
    figures = _figures(asked, plan)
    check_data(asked, figures, plan.index)
    folder, done = plan.folder / FOLDER, _Making([], [])
    if asked.table:
        done.add("Table 1", _COUNTS, "", lambda: write_counts(data_sets(plan.index), folder))
    if 4 in asked.numbers:
        done.add("Figure 4", _TIMES, FOUND, lambda: write_times(_times(asked, plan), folder))
    if figures:
        plans = replays(figures, plan)
        many = workers_for(plans[0]) if workers is None else workers
        failed = run(plans, workers=many, progress=progress)
        done.problems.extend(f"{failure.run}: {failure.reason}" for failure in failed)
        study = gather(plans, title="The paper's figures", command=command)
        for one in figures:
            write = partial(write_figure, one, study, folder, cycles=plan.cycles)
            done.add(f"Figure {one.number}", one.caption, one.found, write)
    return Made(tuple(done.items), tuple(done.problems))


@dataclass(frozen=True, slots=True)
class _Making:
    """What is made so far."""

    items: list[Item]
    problems: list[str]

    def add(self, title: str, caption: str, found: str, write: Callable[[], Written]) -> None:
        """Write one; if that fails, note why and let the others be made."""
        try:
            tables, files = write()
        except LabelnextError as error:
            self.problems.append(f"{title}: {error}")
            return
        self.items.append(Item(title, caption, found, tuple(tables), tuple(map(str, files))))


def _figures(asked: Asked, plan: Replay) -> list[Figure]:
    """Those that take runs."""
    budget = plan.config.budget
    if not isinstance(budget, int):
        raise LabelnextError(
            f"The paper's figures compare cycles of equally many images; the budget is {budget!r}. "
            "Give a whole number."
        )
    numbers = (number for number in asked.numbers if number != 4)
    return [figure(number, budget=budget, preset=plan.config.preset) for number in numbers]


def _times(asked: Asked, plan: Replay) -> Times:
    """Fig. 4 for the size that was given, or the pool's, or the paper's."""
    pool = next((one for one in data_sets(plan.index) if one.name == "pool"), None)
    size = asked.images or (IMAGES if pool is None else pool.images)
    rules = presets.get(plan.config.preset).temporal
    spared = 2 * int(str(rules["across_cycles"])) if pool is None or pool.kind != "stills" else 1
    if not asked.measured:
        return times(size, left_per_pick=spared)
    machine = measure(plan)
    return times(size, machine=machine, left_per_pick=spared, source="this machine's")
