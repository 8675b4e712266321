"""What `judge` finds, as plain values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from labelnext.cost import LabourRate
from labelnext.evaluate import LabelSaving, NestedDifference, PairedDifference
from labelnext.evaluate.verdict import Verdict

Unit = Literal["images", "boxes", "hours"]
UNITS: tuple[Unit, ...] = get_args(Unit)
Nothing = Literal["", "no cycle", "no test set", "no truth", "only the start", "nothing shared"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of an arm less that of its baseline, by paired seed.

    Attributes:
        arm: Mean over seeds.
        baseline: Mean over seeds.
        difference: Arm less baseline.
        p: Two-sided, valid for all arms held against this baseline together.
        gap: Least difference that this many seeds would show with 80 % power among so many arms;
            infinite where no difference could be shown, NaN with one seed.
        verdict: The word that this allows.
    """

    arm: float
    baseline: float
    difference: PairedDifference
    p: float
    gap: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class UnitContest:
    """An arm against its baseline where labelling is counted in one unit.

    Attributes:
        unit: What is counted.
        area: Mean height of the learning curve over the range of the unit that all arms share.
        end: The metric at the end of that range.
        saving: Labels needed to be as good as the baseline is at its own end.
    """

    unit: Unit
    area: Comparison
    end: Comparison
    saving: LabelSaving


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ratio of two means over paired seeds.

    Attributes:
        arm: Mean over seeds.
        baseline: Mean over seeds.
        ratio: arm / baseline; NaN where the baseline is 0.
        low: Lower end of the bootstrap interval; NaN with one seed.
        high: Upper end; NaN with one seed.
    """

    arm: float
    baseline: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contest:
    """An arm against a baseline.

    Attributes:
        arm: Name.
        baseline: Name.
        units: One a unit that is known, images first.
        objects: Objects found on equally many images.
        clips: Difference at the end over seeds and clips of the test set; None where outcomes were
            not kept, or do not give the metric that is judged.
        clips_verdict: The word that `clips` allows; None without it.
    """

    arm: str
    baseline: str
    units: tuple[UnitContest, ...]
    objects: Ratio
    clips: NestedDifference | None
    clips_verdict: Verdict | None

    def unit(self, unit: Unit) -> UnitContest | None:
        """The contest in one unit; None where it is not known."""
        return next((u for u in self.units if u.unit == unit), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """An arm by itself, means over the seeds compared.

    Attributes:
        arm: Name.
        area: Mean height of the learning curve over the images that all arms share.
        end: The metric at the end of that range.
        spent: What it labelled up to there, by unit.
    """

    arm: str
    area: float
    end: float
    spent: Mapping[Unit, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a study shows.

    Attributes:
        metric: Name of the field of `Metrics` that is judged.
        lower_is_better: Whether less of it is better.
        nothing: Why nothing is judged; empty where something is.
        arms: Arms compared, in the study's order.
        behind: Arms left out since they have done less than half of what the others have.
        seeds: Seeds that all arms compared share.
        all_seeds: Whether those are all seeds of the study.
        ends: End of the range that all arms share, by unit; units that are not known are absent.
        start: Mean of the metric before any labelling; NaN where not measured.
        ceiling: Mean of the metric after training on the whole pool; NaN without.
        standings: One an arm compared, the best area first.
        baselines: Arms to beat, the one that verdicts are about first; empty where none ran.
        contests: Every other arm against every baseline, in the order of both.
        least_seeds: Fewest seeds with which anything can be proven; 0 without baseline.
        lacking: What an interrupted study lacks.
        rate: Price of an hour of labelling; None where hours are not turned into money.
    """

    metric: str
    lower_is_better: bool
    nothing: Nothing
    arms: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    all_seeds: bool = True
    ends: Mapping[Unit, float] = field(default_factory=dict)
    start: float = math.nan
    ceiling: float = math.nan
    standings: tuple[Standing, ...] = ()
    baselines: tuple[str, ...] = ()
    contests: tuple[Contest, ...] = ()
    least_seeds: int = 0
    lacking: tuple[str, ...] = ()
    rate: LabourRate | None = None

    def against(self, baseline: str) -> tuple[Contest, ...]:
        """Contests against one baseline."""
        return tuple(c for c in self.contests if c.baseline == baseline)

    @property
    def main(self) -> tuple[Contest, ...]:
        """Contests against the first baseline: what verdicts are about."""
        return self.against(self.baselines[0]) if self.baselines else ()
