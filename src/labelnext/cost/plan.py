"""What a whole loop takes: the machine's hours, the people's hours, and money.

The paper's time to completion (PAPER §8, Fig. 4) leaves labelling out "by assuming that is
constant"; here it is added, and the machine's part takes this project's own ways of training.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from labelnext.cost.budget import LabourRate
from labelnext.cost.checks import check_number, check_whole
from labelnext.cost.completion import cycles


@dataclass(frozen=True, slots=True)
class Machine:
    """How fast one machine goes round the loop; the defaults are the paper's.

    Attributes:
        score_seconds: To score one image of the pool.
        train_seconds: To train on one image for one epoch.
        epochs: Of the first training, and of every one without `warm_epochs`.
        warm_epochs: Of every later training, where it goes on from the last weights.
        start_seconds: Of each cycle whatever its size: loading, evaluation, writing.

    Raises:
        ArgumentError: A number that is negative or not finite.
    """

    score_seconds: float = 0.15
    train_seconds: float = 0.2
    epochs: int = 50
    warm_epochs: int | None = None
    start_seconds: float = 0.0

    def __post_init__(self) -> None:
        for name in ("score_seconds", "train_seconds", "start_seconds"):
            check_number(getattr(self, name), "Machine", name)
        check_whole(self.epochs, "Machine", "epochs")
        if self.warm_epochs is not None:
            check_whole(self.warm_epochs, "Machine", "warm_epochs")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a loop takes, in seconds of wall time except where said.

    Attributes:
        per_cycle: b.
        total: B.
        cycles: How many.
        score_seconds: The machine scores.
        train_seconds: The machine trains.
        start_seconds: What every cycle takes whatever its size.
        label_seconds: Seconds of work, all annotators together.
        annotators: Who share that work.
        money: For it, in the rate's currency; None without a rate.
    """

    per_cycle: int
    total: int
    cycles: int
    score_seconds: float
    train_seconds: float
    start_seconds: float
    label_seconds: float
    annotators: int
    money: float | None

    @property
    def machine_seconds(self) -> float:
        """All that the machine takes while the annotators wait."""
        return self.score_seconds + self.train_seconds + self.start_seconds

    @property
    def seconds(self) -> float:
        """From start to end: people and machine wait for each other."""
        return self.machine_seconds + self.label_seconds / self.annotators


def plan(
    pool: int,
    total: int,
    per_cycle: int,
    *,
    machine: Machine,
    image_seconds: float,
    rate: LabourRate | None = None,
    annotators: int = 1,
    left_per_pick: float = 1,
    initial: int = 0,
) -> Plan:
    """Hours and money of a whole loop.

    With the paper's `Machine()` and no initial images the machine's part is
    `completion_seconds`. The first detector is taken as trained.

    Args:
        pool: N, images before the first cycle.
        total: B, images picked in all, 1 to N.
        per_cycle: b, 1 to B.
        machine: How fast it is.
        image_seconds: Labelling an image, as expected on average.
        rate: Money an hour of labelling.
        annotators: How many share the labelling.
        left_per_pick: ρ, images that leave the pool for each pick; see `completion_seconds`.
        initial: Images labelled before, where each training takes them in with the picks.

    Raises:
        ArgumentError: A number outside its range.
    """
    function = "plan"
    done = cycles(pool, total, per_cycle, left_per_pick, function)
    each = check_number(image_seconds, function, "image_seconds")
    people = check_whole(annotators, function, "annotators", least=1)
    before = check_whole(initial, function, "initial")
    count = len(done.picked)
    trained = float(_epochs(machine, count) @ (done.picked + before))
    label = total * each
    return Plan(
        per_cycle=int(per_cycle),
        total=int(total),
        cycles=count,
        score_seconds=float(machine.score_seconds * done.scored.sum()),
        train_seconds=machine.train_seconds * trained,
        start_seconds=machine.start_seconds * count,
        label_seconds=label,
        annotators=people,
        money=None if rate is None else label / 3600 * rate.per_hour,
    )


def _epochs(machine: Machine, count: int) -> Float64[np.ndarray, "cycles"]:
    later = machine.epochs if machine.warm_epochs is None else machine.warm_epochs
    epochs = np.full(count, float(later))
    epochs[0] = machine.epochs
    return epochs
