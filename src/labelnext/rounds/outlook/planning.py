"""What a whole loop will take for each size of a batch: of a project, or in the paper's setting."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from labelnext.cost import Advice, LabellingCost, LabourRate, Machine, Plan, advice, plan
from labelnext.errors import ProjectError
from labelnext.rounds.accounts import costs
from labelnext.rounds.project import Project
from labelnext.store.ledger import StepRow
from labelnext.wording import plural

_BOXES = 3  # on an image of which nothing is known: with the defaults 35 s
_WINDOW = 15  # the paper's Δt₁
_LEFT = 4.0  # the paper's ρ; see `cost.completion_seconds`
_PER_CYCLE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan is made from.

    Attributes:
        pool: Images before the first cycle that is planned.
        initial: Images labelled before that each training takes in.
        machine: How fast it is.
        image_seconds: To label an average image.
        rate: Money an hour; None if not known.
        annotators: Who share the labelling.
        left_per_pick: Images that leave the pool for each pick.
        within_cycle: Δt₁ in frames of the pool; 0 for stills.
        sources: How each of these is known, in sentences.
    """

    pool: int
    initial: int
    machine: Machine
    image_seconds: float
    rate: LabourRate | None
    annotators: int
    left_per_pick: float
    within_cycle: int
    sources: tuple[str, ...]


def of_paper(images: int, *, stills: bool = False) -> Basis:
    """A pool of video frames or stills, the paper's machine and windows, and the default prices."""
    prices = LabellingCost()
    seconds = float(prices.seconds(1, _BOXES))
    left, gap = (1.0, 0) if stills else (_LEFT, _WINDOW)
    what = "stills" if stills else "frames of video"
    return Basis(
        images, 0, Machine(), seconds, None, 1, left, gap,
        (
            f"Machine: the paper's, {_speed(Machine())}.",
            f"Pool: {images:,} {what}; {left:g} leave it for each pick.",
            f"Labelling: {seconds:g} s an image, {prices.per_image:g} and {_BOXES} boxes drawn at "
            f"{prices.per_new_box:g}: defaults; docs/cost.md has their sources.",
        ),
    )  # fmt: skip


def of_project(project: Project, machine: Machine | None = None) -> Basis:
    """A project as it stands: what may still be picked, its prices, and times on this machine.

    Args:
        project: Its ledger is read.
        machine: Measured just now; by default what earlier rounds took, else the paper's.
    """
    blocked, picks = len(project.ledger.blocked()), len(project.ledger.picks())
    pool = project.pool_size() - blocked
    if pool < 1:
        raise ProjectError("Nothing is left to pick. Add images: `labelnext add --pool SOURCE`.")
    at, number = costs.prices(project), len(project.ledger.rounds()) + 1
    mean = costs.average(project, costs.experience(project, number), at)
    known, how = _machine(project, machine)
    gap, left = _windows(project)
    if picks:
        left = max(1.0, blocked / picks)
    both = project.config.train_on == "all"
    words = sorted(set(at.origin.values()))
    return Basis(
        pool, project.index.counts()["initial"].labelled if both else 0, known, mean.seconds,
        at.rate, project.config.cost.annotators, left, gap,
        (
            how,
            f"Pool: {plural(pool, 'image')} that may still be picked; "
            f"{left:.3g} leave it for each pick{' so far' if picks else ''}.",
            f"Labelling: {mean.seconds:.3g} s an image, {mean.source} ({mean.boxes:.2g} boxes); "
            f"prices: {', '.join(words)}; docs/cost.md has the sources of the defaults.",
        ),
    )  # fmt: skip


def plans(basis: Basis, total: int, sizes: Sequence[int]) -> list[Plan]:
    """A plan for each size of a batch that is at most the total."""
    return [
        plan(
            basis.pool, total, size, machine=basis.machine, image_seconds=basis.image_seconds,
            rate=basis.rate, annotators=basis.annotators, left_per_pick=basis.left_per_pick,
            initial=basis.initial,
        )
        for size in sizes
        if size <= total
    ]  # fmt: skip


def advise(basis: Basis, total: int) -> Advice:
    """Which sizes are worth considering."""
    return advice(
        basis.pool, total, machine=basis.machine, image_seconds=basis.image_seconds,
        annotators=basis.annotators, left_per_pick=basis.left_per_pick, initial=basis.initial,
        within_cycle=basis.within_cycle,
    )  # fmt: skip


def sizes(total: int) -> list[int]:
    """Round sizes of a batch, from about 150 cycles to 3: the larger first."""
    series = (step * 10**power for power in range(9) for step in _PER_CYCLE)
    found = [size for size in series if total / 150 <= size <= total / 3]
    return found[::-1] or [total]


def as_dict(basis: Basis) -> dict[str, object]:
    """For machines."""
    return {**asdict(basis), "sources": list(basis.sources)}


def epochs(project: Project, number: int = 1) -> int:
    """Epochs of a round's training; 1 for a detector that does not say: all of it is one then."""
    value = project.train_options(number).get("epochs", 1)
    return value if isinstance(value, int) else 1


def warm_epochs(project: Project) -> int | None:
    """Epochs of a training that goes on from a retrained detector; None where none does."""
    return epochs(project, 2) if project.config.train_from == "last" else None


def evaluation_seconds(project: Project) -> float:
    """What testing takes each cycle, by the evaluations recorded; 0 without."""
    return _mean([row for row in project.ledger.steps() if row.step == "evaluate"])


def trained_seconds(project: Project) -> float | None:
    """Seconds an image and epoch over the trainings recorded, best not the first; None without."""
    every = [
        row for row in project.ledger.steps()
        if row.step == "train" and row.details.get("trained") and row.details.get("images")
    ]  # fmt: skip
    return _per_epoch(project, [row for row in every if row.round] or every)


def _machine(project: Project, measured: Machine | None) -> tuple[Machine, str]:
    if measured is not None:
        return measured, f"Machine: measured here, {_speed(measured)}.{_by_command(project)}"
    rows = project.ledger.steps()
    score = _per_image([row for row in rows if row.step == "score"])
    train = trained_seconds(project)
    if score is None and train is None:
        paper = Machine(epochs=epochs(project), warm_epochs=warm_epochs(project))
        return paper, (
            f"Machine: nothing is timed yet, so the paper's, {_speed(paper)}; --measure times "
            "this one."
        )
    found = Machine(
        score_seconds=score or 0.0, train_seconds=train or 0.0,
        epochs=epochs(project), warm_epochs=warm_epochs(project),
        start_seconds=evaluation_seconds(project),
    )  # fmt: skip
    return found, f"Machine: as this project's rounds took, {_speed(found)}."


def _by_command(project: Project) -> str:
    """What is to be said of a training that is not tried out."""
    if project.config.detector.train is None:
        return ""
    known = trained_seconds(project) is not None
    what = "as earlier rounds took" if known else "nothing, as no round is trained yet"
    return f" A command trains; it is not run to be timed, and counts {what}."


def _per_image(rows: Sequence[StepRow]) -> float | None:
    """Seconds an image over some steps; None where they did nothing."""
    images = sum(int(row.details.get("images") or 0) for row in rows)  # type: ignore[call-overload]
    return sum(row.seconds for row in rows) / images if images else None


def _per_epoch(project: Project, rows: Sequence[StepRow]) -> float | None:
    """Seconds an image and epoch over some trainings, each with the epochs of its round."""
    passes = sum(
        max(1, epochs(project, row.round)) * int(row.details.get("images") or 0)  # type: ignore[call-overload]
        for row in rows
    )
    return sum(row.seconds for row in rows) / passes if passes else None


def _mean(rows: Sequence[StepRow]) -> float:
    return sum(row.seconds for row in rows) / len(rows) if rows else 0.0


def _windows(project: Project) -> tuple[int, float]:
    """Δt₁ in frames of the pool, and how many images a pick takes out of it by the rules."""
    arguments = project.strategy().arguments
    video = any(record.video is not None for record in project.pool())
    if not video or not arguments.get("temporal") or arguments.get("unit") != "pool_frames":
        return 0, 1.0
    gap, across = (int(arguments[name]) for name in ("within_cycle", "across_cycles"))  # type: ignore[call-overload]
    return gap, max(1.0, 2.0 * across)


def _speed(machine: Machine) -> str:
    warm = "" if machine.warm_epochs is None else f", {machine.warm_epochs} where it goes on"
    return (
        f"{machine.score_seconds:.3g} s an image scored and {machine.train_seconds:.3g} s an image "
        f"trained on, {plural(machine.epochs, 'epoch')}{warm}"
    )
