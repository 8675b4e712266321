"""Figures 5 to 12 of the paper: which arms each compares, and how its panels show them (PAPER §8).

The paper's arms are the strategies of `strategies.paper` with an argument or two. A figure says
which it needs; figures that need the same arm share its runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from labelnext.audit.arms import Arm, parse
from labelnext.errors import ArgumentError

Shows = Literal["curves", "miss rate", "objects"]


@dataclass(frozen=True, slots=True)
class Line:
    """An arm and what a figure calls it.

    Attributes:
        arm: The arm.
        words: Its name in the legend.
        times: How many of the study's budgets it takes a cycle; it has that many fewer cycles.
    """

    arm: Arm
    words: str
    times: int = 1

    @property
    def chance(self) -> bool:
        """Whether it selects at random."""
        return self.arm.strategy in ("random", "guided-random")

    def cycles(self, cycles: int) -> int:
        """Its own number of cycles: as few as spend no less than the others do (5 for 14)."""
        return -(-cycles // self.times)


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot of a figure.

    Attributes:
        shows: `curves`: miss rate against FPPI of each line at some cycles; `miss rate`: at FPPI 1,
            per cycle; `objects`: on the images that a cycle selected, X_s.
        title: Heading.
        lines: What is shown.
        last: Lines of a panel of curves that are shown at their last cycle alone, to compare with.
    """

    shows: Shows
    title: str
    lines: tuple[Line, ...]
    last: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the paper on other data.

    Attributes:
        number: In the paper.
        caption: What it shows.
        found: What the paper found, in one sentence.
        panels: From left to right.
    """

    number: int
    caption: str
    found: str
    panels: tuple[Panel, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line, in order, some more than once."""
        return tuple(line for panel in self.panels for line in (*panel.lines, *panel.last))

    @property
    def measured(self) -> bool:
        """Whether it needs a test set."""
        return any(panel.shows != "objects" for panel in self.panels)

    @property
    def bounded(self) -> bool:
        """Whether it shows the detector trained on the whole pool."""
        return any(panel.shows == "curves" for panel in self.panels)


DIVERGENCE = Line(parse("divergence"), "divergence")
_RANDOM = Line(parse("guided-random"), "guided random")
_ENTROPY = Line(parse("entropy"), "entropy")
_DROPOUT = {
    ratio: Line(parse(f"mc-dropout[dropout={ratio}]"), f"MC-dropout, {100 * ratio:.0f} %")
    for ratio in (0.5, 0.1)
}
_NO_POOLING = Line(parse("divergence[aggregate=mean]"), "without max-pooling")
_NO_SMOOTHING = Line(parse("divergence[smooth=false]"), "without smoothing")
_NO_RULES = Line(parse("divergence[temporal=false]"), "without temporal rules")
_STILLS = Line(parse("divergence[smooth=false,temporal=false]"), "divergence")
_PURE_RANDOM = Line(parse("random"), "random")
_LARGER = 3


def figure(number: int, *, budget: int, preset: str = "corrected") -> Figure:
    """A figure of the paper.

    The text does not say which dropout ratio MC-dropout has in Fig. 5 and 7. Here it is 50 %, the
    first that the text names, and 10 % with `authors-code`, as in that program.

    Args:
        number: 5 to 12.
        budget: Images a cycle, b; Fig. 8 triples it.
        preset: See `presets.get`.

    Raises:
        ArgumentError: No such figure.
    """
    if number not in _FIGURES:
        raise ArgumentError(
            "paper.figure", "number", expected=f"one of {', '.join(map(str, _FIGURES))}", got=number
        )
    return _FIGURES[number](budget, _DROPOUT[0.1 if preset == "authors-code" else 0.5])


def shown_cycles(cycles: int) -> tuple[int, ...]:
    """The cycles whose curves are shown: 1, 4 and 14 of the paper's 14; fewer where they coincide.

    Of another number: the first, two sevenths of the way (but not before the second), and the last.
    """
    third = min(cycles, max(2, round(cycles * 4 / 14)))
    return tuple(sorted({1, third, cycles}))


def _curves(line: Line, title: str = "") -> Panel:
    return Panel("curves", title or line.words, (line,))


def _five(budget: int, dropout: Line) -> Figure:
    rivals = (DIVERGENCE, _ENTROPY, dropout, _RANDOM)
    return Figure(
        5, "Divergence against guided random, and the miss rate at FPPI 1 of all scores",
        "Cycle 1 is about the same as guided random; then divergence is better. At the end the "
        "order is divergence, MC-dropout, guided random, entropy.",
        (_curves(DIVERGENCE), _curves(_RANDOM), Panel("miss rate", "at FPPI 1", rivals)),
    )  # fmt: skip


def _six(budget: int, dropout: Line) -> Figure:
    half, tenth = _DROPOUT[0.5], _DROPOUT[0.1]
    return Figure(
        6, "Other pixel scores: entropy, MC-dropout with a ratio of 50 % and of 10 %",
        "Entropy does worse than guided random; MC-dropout does better than it, but worse than "
        "divergence.",
        tuple(map(_curves, (_ENTROPY, half, tenth))),
    )  # fmt: skip


def _seven(budget: int, dropout: Line) -> Figure:
    return Figure(
        7, "Instances on the images that each cycle selects",
        "7,000 selected frames hold 5,706 instances (divergence), 5,243 (entropy), 3,700 "
        "(MC-dropout) and 2,741 (guided random).",
        (Panel("objects", "instances in X_s", (DIVERGENCE, _ENTROPY, dropout, _RANDOM)),),
    )  # fmt: skip


def _eight(budget: int, dropout: Line) -> Figure:
    larger = _LARGER * budget
    line = Line(parse(f"divergence[budget={larger}]"), f"divergence, b = {larger:,}", _LARGER)
    usual = tuple(Line(line.arm, f"{line.words}, b = {budget:,}") for line in (DIVERGENCE, _RANDOM))
    return Figure(
        8, f"Divergence with a budget of {larger:,} images a cycle instead of {budget:,}",
        "b = 1,500 after 5 cycles is less accurate than even guided random with b = 500 after 14.",
        (Panel("curves", line.words, (line,), usual),),
    )  # fmt: skip


def _nine(budget: int, dropout: Line) -> Figure:
    return Figure(
        9, "Ablations: without max-pooling, without smoothing, without the temporal rules",
        "Max-pooling and the temporal rules are critical on Caltech; smoothing does not seem to "
        "help considerably.",
        tuple(map(_curves, (_NO_POOLING, _NO_SMOOTHING, _NO_RULES))),
    )  # fmt: skip


def _ten(budget: int, dropout: Line) -> Figure:
    lines = (DIVERGENCE, _NO_POOLING, _NO_SMOOTHING, _NO_RULES)
    return Figure(
        10, "Ablations: the miss rate at FPPI 1, per cycle",
        "Without max-pooling or the temporal rules the miss rate is higher; without smoothing it "
        "is about the same.",
        (Panel("miss rate", "at FPPI 1", lines),),
    )  # fmt: skip


def _eleven(budget: int, dropout: Line) -> Figure:
    return Figure(
        11, "Stills: divergence without smoothing or temporal rules against random",
        "On BDD100K neither comes near the whole pool: the detector has a high bias there.",
        tuple(map(_curves, (_STILLS, _PURE_RANDOM))),
    )  # fmt: skip


def _twelve(budget: int, dropout: Line) -> Figure:
    return Figure(
        12, "Stills: the miss rate at FPPI 1, per cycle",
        "Random is better after cycle 1, and divergence slightly better from cycle 2 on.",
        (Panel("miss rate", "at FPPI 1", (_STILLS, _PURE_RANDOM)),),
    )  # fmt: skip


_FIGURES: Mapping[int, Callable[[int, Line], Figure]] = {
    5: _five, 6: _six, 7: _seven, 8: _eight, 9: _nine, 10: _ten, 11: _eleven, 12: _twelve,
}  # fmt: skip
NUMBERS = (4, *_FIGURES)
