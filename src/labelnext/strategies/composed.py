"""A strategy put together from a score, an aggregation and a selection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from labelnext import aggregate
from labelnext.errors import ArgumentError
from labelnext.evidence import Evidence, Needs, Pool, Scored
from labelnext.scores.found import found_of
from labelnext.strategies import seen
from labelnext.strategies.keep import Keep
from labelnext.strategies.rules import Mask, Ranked, Rules, Taken
from labelnext.types import Pick, Selection, Timeline

Pixels = Float32[np.ndarray, "h w"]
PixelScore = Callable[[Evidence], Pixels | None]
ImageScore = Callable[[Evidence], float | None]
KeepBoxes = Callable[[Evidence], Float32[np.ndarray, "n _m"] | None]

_AGGREGATIONS: Mapping[str, Callable[..., float]] = {
    "region-max-mean": aggregate.region_max_mean,
    "mean": aggregate.mean,
    "max": aggregate.max,
    "sum": aggregate.sum,
}


class Chosen(NamedTuple):
    """Picks with what is to be said of them.

    Attributes:
        taken: The picks.
        ranked: The number by which an image was ranked; NaN where by none.
        notes: A remark on each pick; empty for none.
        scores: What stood in place of the pool's own scores; None for these themselves.
    """

    taken: Taken
    ranked: Ranked
    notes: Sequence[str] = ()
    scores: Ranked | None = None


class Task(NamedTuple):
    """What there is to choose from, how much, and by which rules."""

    pool: Pool
    budget: int
    blocked: Mask
    rng: np.random.Generator
    rules: Rules


Choose = Callable[[Task], Chosen]


@dataclass(frozen=True, slots=True)
class Composed:
    """A `Strategy` whose parts are functions of the pure rooms.

    Making one also makes it choose from a pool without images, so that arguments that the
    selections refuse are refused before anything is scored.

    Attributes:
        name: As registered.
        arguments: Every argument with its value.
        needs: What it has to be given.
        pixels: Scores pixels; None if the strategy scores images by other means, or not at all.
        image: Scores an image; None if it scores pixels or nothing.
        keep: Vectors to keep of each image until selection, by name.
        keep_boxes: Numbers to keep of each detection.
        choose: Chooses from the scored pool; None for the best by rank under the rules.

    Raises:
        ArgumentError: An argument is outside its domain.
    """

    name: str
    arguments: Mapping[str, object]
    needs: Needs = field(default_factory=Needs)
    pixels: PixelScore | None = None
    image: ImageScore | None = None
    keep: Mapping[str, Keep] = field(default_factory=dict)
    keep_boxes: KeepBoxes | None = None
    choose: Choose | None = None

    def __post_init__(self) -> None:
        wanted = self.arguments.get("aggregate", "mean")
        if wanted not in _AGGREGATIONS:
            raise ArgumentError(
                f"the strategy {self.name}", "aggregate",
                expected=f"one of {', '.join(_AGGREGATIONS)}", got=repr(wanted),
            )  # fmt: skip
        if "aggregate" in self.arguments:
            aggregate.region_max_mean(np.zeros((1, 1), np.float32), **self._regions())
        nothing, none = np.zeros(0), np.zeros(0, bool)
        line = Timeline((), np.zeros(0, np.int64), nothing)
        pool = Pool(line, nothing, seconds=nothing)
        self.select(pool, budget=0, blocked=none, rng=np.random.default_rng(0))

    @property
    def greedy(self) -> bool:
        """Whether it takes the best by score alone, again and again, under rules of time at most.

        Then no score but those of its picks, and of their neighbours in time, need be exact.
        """
        scored = self.pixels is not None or self.image is not None
        alike = self.arguments.get("similar", "none") != "none"
        return scored and self.choose is None and not alike and not self.needs.seconds

    def pixel_scores(self, evidence: Evidence) -> Pixels | None:
        """Scores of all pixels; None for a strategy that does not look at pixels.

        Raises:
            LabelnextError: The detector gives no dense maps.
        """
        if self.pixels is None:
            return None
        seen.maps(evidence, self.name)
        return self.pixels(evidence)

    def score(self, evidence: Evidence) -> Scored:
        """One number an image, higher first, or None; and what selection will need of it.

        Raises:
            LabelnextError: The detector does not give what the strategy needs.
            ArgumentError: What it gives is NaN or out of range on this image.
        """
        if self.needs.detections:
            found_of(seen.detections(evidence), f"the strategy {self.name}")
        vectors = {name: keep(evidence) for name, keep in self.keep.items()}
        kept = {name: vector for name, vector in vectors.items() if vector is not None}
        boxes = None if self.keep_boxes is None else self.keep_boxes(evidence)
        return Scored(self._number(evidence), kept, boxes)

    def select(
        self, pool: Pool, *, budget: int, blocked: Mask, rng: np.random.Generator
    ) -> Selection:
        """Rank, then take the best images under the rules (PAPER §4), or as `choose` does."""
        choose = self.choose or best
        chosen = choose(Task(pool, budget, blocked, rng, Rules(self.name, self.arguments)))
        taken = chosen.taken
        notes = chosen.notes or [""] * len(taken.indices)
        own = pool.scores if chosen.scores is None else chosen.scores
        reasons = [
            self._reason(own[i], chosen.ranked[i], int(number), note)
            for i, number, note in zip(taken.indices, taken.passes, notes, strict=True)
        ]
        picks = tuple(
            Pick(int(i), _finite(chosen.ranked[i]), rank, reason)
            for rank, (i, reason) in enumerate(zip(taken.indices, reasons, strict=True), start=1)
        )
        return Selection(picks, taken.blocked)

    def _number(self, evidence: Evidence) -> float | None:
        if self.image is not None:
            return self.image(evidence)
        pixels = self.pixel_scores(evidence)
        if pixels is None:
            return None
        name = str(self.arguments["aggregate"])
        options = self._regions() if name == "region-max-mean" else {}
        return _AGGREGATIONS[name](pixels, **options)

    def _regions(self) -> dict[str, Any]:
        return {name: self.arguments[name] for name in ("region", "tiling")}

    def _reason(self, own: float, ranked: float, number: int, note: str) -> str:
        scores = self.pixels is not None or self.image is not None
        parts = [note] if note else []
        if scores and np.isnan(own):
            parts.append("no score (nothing detected); drawn at random to fill the budget")
        elif scores:
            parts.append(f"{self.name} {own:.4g}")
            if not np.isnan(ranked) and not np.isclose(own, ranked):
                parts.append(f"{_changed(self.arguments)} {ranked:.4g}")
        if number > 1:
            parts.append(f"the {'second' if number == 2 else 'third'} pass, which relaxes the "
                         "rule that keeps picks apart, to meet the budget")  # fmt: skip
        return "; ".join(parts)


def best(task: Task) -> Chosen:
    """The best images by rank that the rules leave."""
    pool, budget, blocked, rng, rules = task
    ranked = rules.rank(pool)
    taken = rules.take(ranked, pool, budget=budget, blocked=blocked, rng=rng)
    return Chosen(taken, ranked)


def _changed(arguments: Mapping[str, object]) -> str:
    per_cost = "per its cost" if arguments.get("cost_exponent") else ""
    smoothed = "smoothed over its neighbours" if arguments.get("smooth") else ""
    return " and ".join(filter(None, (smoothed, per_cost))) or "ranked by"


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
