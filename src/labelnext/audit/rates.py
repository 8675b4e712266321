"""What a unit of a replay's work takes: recorded by finished cycles, or measured; and its costs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from labelnext.audit.ledgers import steps
from labelnext.audit.measure import Rates
from labelnext.audit.plan import CEILING, Replay, Run
from labelnext.rounds.project import build_strategy
from labelnext.store.index import Index
from labelnext.store.ledger import StepRow


@dataclass(frozen=True, slots=True)
class Counts:
    """Images of each role that a replay works on."""

    initial: int
    pool: int
    test: int

    @staticmethod
    def of(index: Path) -> "Counts":
        """Of an index."""
        with Index.open(index) as opened:
            found = opened.counts()
        return Counts(found["initial"].labelled, found["pool"].labelled, found["test"].labelled)


def recorded(plan: Replay, planned: Iterable[Run], counts: Counts) -> Rates:
    """What finished steps took, per image.

    Args:
        plan: Names the arms.
        planned: Its runs; steps that were taken over from the initial detector do not count.
        counts: Images it works on.
    """
    sums: dict[str, list[float]] = {}

    def note(what: str, seconds: float, images: object) -> None:
        total = sums.setdefault(what, [0.0, 0.0])
        total[0] += seconds
        total[1] += float(images or 0)  # type: ignore[arg-type]

    for run in planned:
        labelled = _looks_at_labelled(run)
        for row in steps(run):
            if run.initial is not None and row.round == 0:
                continue  # taken over, not done
            match row.step:
                case "train":
                    note("train" if row.round else "initial", row.seconds, _trained_on(row))
                case "evaluate":
                    note("evaluate", row.seconds, row.details.get("images"))
                case "score" if run.arm != (CEILING.name,):
                    extra = (
                        counts.initial + (row.round - 1) * run.config.budget_in_images
                        if labelled
                        else 0
                    )
                    images = int(row.details.get("images") or 0) + extra  # type: ignore[call-overload]
                    note(f"score {run.arm[0]}", row.seconds, images)
    rate = {what: s / n if n else 0.0 for what, (s, n) in sums.items()}
    score = {
        arm.name: rate[f"score {arm.name}"] for arm in plan.arms if f"score {arm.name}" in rate
    }
    nan = math.nan
    return Rates(rate.get("initial", nan), rate.get("train", nan), rate.get("evaluate", nan), score)


def costs_of(run: Run, rates: Rates, counts: Counts) -> list[float]:
    """Seconds of each cycle of a run, cycle 0 first; none for an arm that cannot run here.

    Near neighbours that a strategy closes are not known beforehand, so the pool to be scored is
    taken too large rather than too small.
    """
    if rates.refused.keys() & set(run.arm):
        return [0.0] * (run.cycles + 1)
    if not run.cycles:
        return [rates.initial * counts.initial + rates.evaluate * counts.test]
    labelled_too = _looks_at_labelled(run)
    kept = counts.initial if run.config.train_on == "all" else 0
    costs = [0.0]
    for cycle in range(1, run.cycles + 1):
        before = (cycle - 1) * run.config.budget_in_images
        pool = counts.pool - before
        if pool <= 0:
            costs.append(0.0)  # nothing is left to pick
            continue
        looked = pool + (counts.initial + before if labelled_too else 0)
        trained = min(counts.pool, cycle * run.config.budget_in_images) + kept
        score = 0.0 if run.arm == (CEILING.name,) else rates.score.get(run.arm[0], 0.0)
        costs.append(score * looked + rates.train * trained + rates.evaluate * counts.test)
    return costs


def _looks_at_labelled(run: Run) -> bool:
    named = run.config.strategy
    return build_strategy(named.name, run.config.preset, named.arguments).needs.labelled


def _trained_on(row: StepRow) -> object:
    return row.details.get("images") if row.details.get("trained") else 0


def merged(known: Rates, fresh: Rates) -> Rates:
    """What was recorded, and what was measured where nothing was."""

    def either(name: str) -> float:
        own: float = getattr(known, name)
        other: float = getattr(fresh, name)
        return other if math.isnan(own) else own

    return replace(
        fresh,
        initial=either("initial"),
        train=either("train"),
        evaluate=either("evaluate"),
        score={**fresh.score, **known.score},
    )


def mean(found: Sequence[Rates]) -> Rates:
    """The mean of what several processes measured at the same time."""

    names = set[str]().union(*(rates.refused for rates in found))
    score = {
        name: fmean(rates.score[name] for rates in found)
        for name in found[0].score
        if name not in names
    }
    return Rates(
        fmean(rates.initial for rates in found),
        fmean(rates.train for rates in found),
        fmean(rates.evaluate for rates in found),
        score,
        fmean(rates.step for rates in found),
        {name: said for rates in found for name, said in rates.refused.items()},
        found[0].untimed,
    )
