"""Between what sizes a batch is worth considering, and why (PAPER §8)."""

from dataclasses import dataclass

from labelnext.cost.checks import check_number, check_whole
from labelnext.cost.plan import Machine, Plan, plan


@dataclass(frozen=True, slots=True)
class Advice:
    """Which b are worth considering.

    Attributes:
        smallest: Below it the machine makes the annotators wait too long; None if any b does.
        largest: Above it there are too few cycles, or the temporal rules choose.
        words: The reasons in plain words, with their numbers.
    """

    smallest: int | None
    largest: int
    words: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether some b satisfies every rule."""
        return self.smallest is not None and self.smallest <= self.largest


def advice(
    pool: int,
    total: int,
    *,
    machine: Machine,
    image_seconds: float,
    annotators: int = 1,
    left_per_pick: float = 1,
    initial: int = 0,
    within_cycle: int = 0,
    cycles: int = 4,
    share: float = 1.0,
) -> Advice:
    """The smallest and the largest b worth considering for a budget of B images.

    From above: `cycles` rounds at least, since a loop of one or two hardly differs from a single
    choice; and on video b ≤ N / (2Δt₁+1), up to which the first pass of the temporal rules always
    suffices. Beyond it little is left to the scores, and the picks come near a uniform sample: the
    paper's b = 1,500 of 51,363 frames at Δt₁ = 15 is 91 % of that, and does worse than b = 500.

    From below: the machine's hours within `share` of the annotators', who wait meanwhile. Its hours
    fall as b grows, except that a last cycle of a few images costs one more training: so of all b
    with the same number of cycles the smallest is tried.

    Args:
        pool: N, images before the first cycle.
        total: B, images picked in all, 1 to N.
        machine: How fast it is.
        image_seconds: Labelling an image, as expected on average.
        annotators: How many share the labelling.
        left_per_pick: See `completion_seconds`.
        initial: Images labelled before that each training takes in.
        within_cycle: Δt₁ in frames of the pool; 0 for stills.
        cycles: Fewest rounds.
        share: Machine time for each unit of labelling time, both in hours of wall time.

    Raises:
        ArgumentError: A number outside its range.
    """
    function = "advice"
    gap = check_whole(within_cycle, function, "within_cycle")
    least_cycles = check_whole(cycles, function, "cycles", least=1)
    allowed = check_number(share, function, "share")

    def of(per_cycle: int) -> Plan:
        return plan(
            pool, total, per_cycle, machine=machine, image_seconds=image_seconds,
            annotators=annotators, left_per_pick=left_per_pick, initial=initial,
        )  # fmt: skip

    whole = of(total)  # checks the rest
    label = whole.label_seconds / annotators
    largest = max(1, total // least_cycles)
    words = [f"At most {largest:,} images a cycle: {least_cycles} cycles of {total:,} in all."]
    free = max(1, pool // (2 * gap + 1))
    if gap:
        words.append(_rule_words(pool, gap, free))
        largest = min(largest, free)
    if total * left_per_pick > pool:
        words.append(
            f"At {left_per_pick:g} images that leave the pool for each pick, its {pool:,} may run "
            f"out before {total:,} are picked."
        )
    smallest = next((b for b in _batches(total) if of(b).machine_seconds <= allowed * label), None)
    words.append(
        _wait_words(smallest, of(largest if smallest is None else smallest), allowed, label)
    )
    if smallest is None or smallest > largest:
        words.append(_conflict_words(of(largest), label))
    return Advice(smallest, largest, tuple(words))


def _batches(total: int) -> list[int]:
    """For each possible number of cycles the smallest b that needs no more, rising."""
    found = []
    size = 1
    while size < total:
        found.append(size)
        count = -(-total // size)
        size = -(-total // (count - 1))
    return [*found, total]


def _rule_words(pool: int, gap: int, free: int) -> str:
    return (
        f"At most {free:,} images a cycle by the temporal rules: each pick keeps up to "
        f"{2 * gap + 1} of {pool:,} frames out, and beyond that they choose more than the scores."
    )


def _wait_words(smallest: int | None, at: Plan, allowed: float, label: float) -> str:
    if smallest is None:
        return (
            f"No size keeps the machine's time within {allowed:g} of the annotators' "
            f"{label / 3600:,.1f} h."
        )
    return (
        f"At least {smallest:,} images a cycle: then the machine takes "
        f"{at.machine_seconds / 3600:,.1f} h in {at.cycles:,} cycles, within {allowed:g} of the "
        f"annotators' {label / 3600:,.1f} h."
    )


def _conflict_words(at: Plan, label: float) -> str:
    return (
        f"The two do not meet. At {at.per_cycle:,} images a cycle the machine takes "
        f"{at.machine_seconds / 3600:,.1f} h beside {label / 3600:,.1f} h of labelling: a faster "
        "machine, fewer epochs or a smaller pool would help, or scoring while others label."
    )
