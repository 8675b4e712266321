"""An answer in minutes: the same audit with fewer, smaller images and shorter training.

It has a folder of its own inside the study's, so it never touches the full one, and all arms are
cut down alike. What that costs in certainty is said in words that go into its report.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from labelnext import presets
from labelnext.audit.estimate import Estimate, estimate, taste
from labelnext.audit.ledgers import Course
from labelnext.audit.measure import Rates
from labelnext.audit.plan import Replay, runs
from labelnext.audit.rates import Counts, costs_of
from labelnext.audit.subset import subset
from labelnext.errors import ProjectError
from labelnext.evaluate.paired import minimal_seeds
from labelnext.files import write_text
from labelnext.rounds.config import Config, NamedDetector

FOLDER = "quick"
MINUTES = 10.0
_SEEDS, _CYCLES = 3, 4
_FEWEST_EPOCHS = 4
_SHARE = 4  # at most one in so many pool images is labelled in the end, so that arms can differ
_SMALLEST_BOXES = 0.1  # box_scale below which fire-fpn would find nothing at half size


@dataclass(frozen=True, slots=True)
class Cut:
    """How far an audit is cut down.

    Attributes:
        epochs: Factor on the epochs of every training.
        initial: Most images of the initial set.
        pool: Most images of the pool.
        test: Most images of the test set.
    """

    epochs: float
    initial: int
    pool: int
    test: int


CUTS = (
    Cut(1.0, 400, 1000, 400), Cut(0.5, 400, 1000, 400), Cut(0.5, 200, 600, 200),
    Cut(0.5, 100, 400, 150), Cut(0.25, 100, 400, 150), Cut(0.25, 60, 250, 100),
    Cut(0.25, 40, 150, 60), Cut(0.125, 30, 120, 50),
)  # fmt: skip
"""From the mildest to the hardest; the first that fits the time is taken."""


@dataclass(frozen=True, slots=True)
class Quick:
    """A quick audit, ready to run.

    Attributes:
        plan: In its own folder, with its own index.
        settings: What it was cut down to, and what that costs, for the report.
        estimate: How long it will take.
    """

    plan: Replay
    settings: Mapping[str, object]
    estimate: Estimate


def quick(plan: Replay, *, workers: int, minutes: float = MINUTES) -> Quick:
    """Cut an audit down until it takes about so many minutes.

    How far is decided once, from what was measured; after that the same folder goes on with it.

    Args:
        plan: The full audit; its index must be filled. It is left as it is.
        workers: Processes that will run.
        minutes: To aim at.

    Raises:
        LabelnextError: The detector cannot be run at all, or the folder holds a quick audit of
            other settings.
    """
    folder = plan.folder / FOLDER
    whole = Counts.of(plan.index)
    file = folder / "quick.json"
    measured = None
    small = _smaller(plan.config)
    if not file.exists():
        begun = replace(plan, folder=folder, config=small)
        names = [arm.name for arm in plan.arms]
        measured = taste(begun, names, workers=workers, index=plan.index)
        cut = _fitting(begun, whole, measured, workers, minutes)
        write_text(file, json.dumps({"cut": asdict(cut), "detector": _facts(small)}, indent=2))
        if cut.epochs != 1:
            measured = None if measured is None else _shorter(measured, begun, cut)
    cut = _chosen(file, small)
    chosen = cut_down(replace(plan, folder=folder, config=small), cut, whole)
    if not chosen.index.exists():
        partial = folder / "index.partial"
        partial.unlink(missing_ok=True)
        subset(plan.index, partial, {"initial": cut.initial, "pool": cut.pool, "test": cut.test})
        partial.replace(chosen.index)
    found = estimate(chosen, workers=workers, measured=measured)
    return Quick(chosen, _words(plan, chosen, whole, minutes), found)


def cut_down(plan: Replay, cut: Cut, whole: Counts) -> Replay:
    """The plan with shorter training, fewer cycles and seeds, and a budget that fits its pool."""
    cycles = min(plan.cycles, _CYCLES)
    pool = min(whole.pool, cut.pool)
    most = max(plan.budget(arm) for arm in plan.arms)
    factor = min(1.0, max(1, pool // (_SHARE * cycles)) / most)
    arms = tuple(
        arm if arm.budget is None else replace(arm, budget=max(1, round(arm.budget * factor)))
        for arm in plan.arms
    )
    changes: dict[str, Any] = _epochs(plan.config, cut.epochs)
    changes["budget"] = max(1, round(plan.config.budget_in_images * factor))
    config = plan.config.model_copy(update=changes)
    return replace(plan, config=config, arms=arms, seeds=plan.seeds[:_SEEDS], cycles=cycles)


def _fitting(plan: Replay, whole: Counts, rates: Rates, workers: int, minutes: float) -> Cut:
    """The mildest cut that fits the time, or the hardest."""
    for cut in CUTS:
        counts = Counts(
            min(whole.initial, cut.initial), min(whole.pool, cut.pool), min(whole.test, cut.test)
        )
        chosen = cut_down(plan, cut, whole)
        planned = runs(chosen)
        shorter = _shorter(rates, plan, cut)
        costs = [costs_of(run, shorter, counts) for run in planned]
        if Estimate(costs, Course(planned), workers, shorter, False).seconds <= 60 * minutes:
            return cut
    return CUTS[-1]


def _shorter(rates: Rates, plan: Replay, cut: Cut) -> Rates:
    """Rates of trainings with as many epochs as the cut leaves."""
    before, after = plan.config, plan.config.model_copy(update=_epochs(plan.config, cut.epochs))
    share = [_count(after, first) / _count(before, first) for first in (True, False)]
    return replace(rates, initial=rates.initial * share[0], train=rates.train * share[1])


def _epochs(config: Config, factor: float) -> dict[str, Any]:
    """Both trainings with fewer epochs; unchanged where a detector does not count in epochs."""
    changes: dict[str, Any] = {}
    for table, first in (("train", False), ("initial", True)):
        before = _count(config, first)
        own = getattr(config, table)
        if factor != 1 and before > 1 and (table == "train" or "epochs" in own):
            fewer = min(before, max(_FEWEST_EPOCHS, round(before * factor)))
            changes[table] = {**own, "epochs": fewer}
    return changes


def _count(config: Config, first: bool) -> int:
    """Epochs of the initial training or of the others; 1 where it is not known."""
    by_itself = config.detector.name == "fire-fpn" and config.detector.train is None
    known = presets.get(config.preset).fit if by_itself else {}
    options = {**known, **config.train, **(config.initial if first else {})}
    epochs = options.get("epochs", 1)
    return epochs if isinstance(epochs, int) and epochs > 0 else 1


def _smaller(config: Config) -> Config:
    """Images at half size, boxes with them, where the detector takes such an argument."""
    named = config.detector
    boxes = float(named.arguments.get("box_scale", 1.0)) / 2
    if named.name != "fire-fpn" or named.train is not None or boxes < _SMALLEST_BOXES:
        return config  # a command trains the detector that it knows
    scale = float(named.arguments.get("image_scale", 1.0)) / 2
    changed = {**named.arguments, "image_scale": scale, "box_scale": boxes}
    return config.model_copy(update={"detector": NamedDetector(name=named.name, **changed)})


def _facts(config: Config) -> dict[str, object]:
    return config.detector.model_dump(mode="json")


def _chosen(file: Path, config: Config) -> Cut:
    kept = json.loads(file.read_text(encoding="utf-8"))
    if kept["detector"] != _facts(config):
        raise ProjectError(
            f"{file.parent} holds a quick audit with another detector. Remove that folder, or give "
            "the audit another one."
        )
    return Cut(**kept["cut"])


def _words(plan: Replay, chosen: Replay, whole: Counts, minutes: float) -> dict[str, object]:
    """What was cut, and what that costs in certainty."""
    counts = Counts.of(chosen.index)
    before, after = plan.config, chosen.config
    made: dict[str, object] = {
        "aimed at": f"{minutes:g} minutes",
        "initial images": f"{counts.initial} of {whole.initial}",
        "pool images": f"{counts.pool} of {whole.pool}",
        "test images": f"{counts.test} of {whole.test}",
        "seeds": f"{len(chosen.seeds)} of {len(plan.seeds)}",
        "cycles": f"{chosen.cycles} of {plan.cycles}",
        "budget": f"{after.budget} of {before.budget} images a cycle",
        "epochs": f"{_count(after, False)} of {_count(before, False)}",
    }
    cautions = [_seeds(chosen)]
    if after.detector != before.detector:
        made["image size"] = "half, boxes too"
        cautions.append(
            "Images at half size make it another detector, which loses small objects: arms may "
            "rank otherwise than in the full audit."
        )
    if counts.pool < whole.pool:
        cautions.append(
            f"The pool is every {whole.pool / counts.pool:.1f}th image or so: frames that were "
            "near-duplicates are apart, and windows that count frames of the pool reach as many "
            "times as far."
        )
    cautions.append(
        "Small stand-ins gave like rankings in Riedlinger et al. (VISAPP 2024), on other data: "
        "take this for a hint, and the full audit for the answer."
    )
    return {"quick": made, "certainty": " ".join(cautions)}


def _seeds(chosen: Replay) -> str:
    seeds, needed = len(chosen.seeds), minimal_seeds(1)  # arms are tested jointly
    least = f"{2.0 ** (1 - seeds):.3g}"
    rest = f"; a difference could be proven from {needed} seeds on" if seeds < needed else ""
    return f"{seeds} seed{'s' * (seeds > 1)} cannot bring p below {least}{rest}."
