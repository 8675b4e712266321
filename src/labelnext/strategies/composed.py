"""A strategy put together from a score, an aggregation and a selection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64

from labelnext import aggregate, select
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.types import DenseMaps, Detections, Pick, Prediction, Selection, Timeline

Pixels = Float32[np.ndarray, "h w"]
PixelScore = Callable[[DenseMaps, Sequence[DenseMaps] | None], Pixels]
BoxScore = Callable[[Detections], float | None]

_AGGREGATIONS: Mapping[str, Callable[..., float]] = {
    "region-max-mean": aggregate.region_max_mean,
    "mean": aggregate.mean,
    "max": aggregate.max,
    "sum": aggregate.sum,
}


@dataclass(frozen=True, slots=True)
class Composed:
    """A `Strategy` whose parts are functions of the pure rooms.

    Attributes:
        name: As registered.
        arguments: Every argument with its value.
        samples: Stochastic passes wanted; 0 for none.
        pixels: Scores pixels; None if the strategy scores boxes or nothing.
        boxes: Scores an image by its detections; None if it scores pixels or nothing.
    """

    name: str
    arguments: Mapping[str, object]
    samples: int = 0
    pixels: PixelScore | None = None
    boxes: BoxScore | None = None

    def __post_init__(self) -> None:
        wanted = self.arguments.get("aggregate", "mean")
        if wanted not in _AGGREGATIONS:
            raise ArgumentError(
                f"the strategy {self.name}", "aggregate",
                expected=f"one of {', '.join(_AGGREGATIONS)}", got=repr(wanted),
            )  # fmt: skip

    @property
    def needs_forward(self) -> bool:
        """Whether picks depend on predictions."""
        return self.pixels is not None or self.boxes is not None

    def pixel_scores(
        self, prediction: Prediction, samples: Sequence[DenseMaps] | None
    ) -> Pixels | None:
        """Scores of all pixels; None for a strategy that does not look at pixels.

        Raises:
            LabelnextError: The detector gives no dense maps.
        """
        if self.pixels is None:
            return None
        if prediction.maps is None:
            raise LabelnextError(
                f"The strategy {self.name} needs dense maps, and the detector gives boxes only. "
                "Use a strategy that scores boxes, such as box-entropy, or random."
            )
        return self.pixels(prediction.maps, samples)

    def image_score(
        self, prediction: Prediction, samples: Sequence[DenseMaps] | None
    ) -> float | None:
        """One number an image, higher first; None for an image without a defined score."""
        if self.boxes is not None:
            return self.boxes(prediction.detections)
        pixels = self.pixel_scores(prediction, samples)
        if pixels is None:
            return None
        options = {k: self.arguments[k] for k in ("region", "tiling")}
        name = str(self.arguments["aggregate"])
        return _AGGREGATIONS[name](pixels, **options if name == "region-max-mean" else {})

    def select(
        self,
        scores: Float64[np.ndarray, "n"],
        *,
        timeline: Timeline,
        budget: int,
        blocked: Bool[np.ndarray, "n"],
        rng: np.random.Generator,
    ) -> Selection:
        """Smooth, then take the best images under the temporal rules (PAPER §4)."""
        if not self.needs_forward:
            return self._draw(timeline, budget, blocked, rng)
        ranked = self._smoothed(scores, timeline)
        unscored = np.isnan(ranked) & ~blocked
        options = {"unscored": unscored, "blocked": blocked, "rng": rng}
        if self.arguments["temporal"]:
            chosen = select.temporal(
                ranked, **_positions(timeline, self.arguments), budget=budget, **options,
                **_rules(self.arguments),
            )  # fmt: skip
            indices, passes, later = chosen.indices, chosen.passes, chosen.blocked
        else:
            indices = select.top(ranked, budget=budget, **options)
            passes, later = np.ones(len(indices), np.int64), _with(blocked, indices)
        reasons = [
            self._reason(scores[i], ranked[i], int(number))
            for i, number in zip(indices, passes, strict=True)
        ]
        return Selection(_picks(indices, ranked, reasons), later)

    def _draw(
        self, timeline: Timeline, budget: int, blocked: Bool[np.ndarray, "n"],
        rng: np.random.Generator,
    ) -> Selection:  # fmt: skip
        n = len(blocked)
        if not self.arguments.get("temporal"):
            indices = select.random(n, budget=budget, rng=rng, blocked=blocked)
            later, reason = _with(blocked, indices), "drawn at random"
        else:
            chosen = select.guided_random(
                **_positions(timeline, self.arguments), budget=budget, rng=rng, blocked=blocked,
                **_rules(self.arguments),
            )  # fmt: skip
            indices, later = chosen.indices, chosen.blocked
            reason = "drawn at random under the temporal rules"
        return Selection(_picks(indices, np.full(n, np.nan), [reason] * len(indices)), later)

    def _smoothed(
        self, scores: Float64[np.ndarray, "n"], timeline: Timeline
    ) -> Float64[np.ndarray, "n"]:
        options: dict[str, Any] = dict(self.arguments)
        if options["off_by_one"]:
            scores = select.off_by_one(scores, unscored=np.isnan(scores))
        if not options["smooth"]:
            return scores
        return select.smooth(
            scores, **_positions(timeline, options), unscored=np.isnan(scores),
            radius=options["smooth_radius"], sigma=options["smooth_sigma"],
            ends=options["smooth_ends"], unit=options["unit"],
            across_videos=options["across_videos"],
        )  # fmt: skip

    def _reason(self, own: float, ranked: float, number: int) -> str:
        if np.isnan(ranked):
            return "no score (nothing detected); drawn at random to fill the budget"
        parts = [f"{self.name} {own:.4g}"]
        if not np.isclose(own, ranked):
            parts.append(f"smoothed over its neighbours {ranked:.4g}")
        if number > 1:
            parts.append(f"the {'second' if number == 2 else 'third'} pass, which relaxes the "
                         "temporal rule to meet the budget")  # fmt: skip
        return "; ".join(parts)


def _positions(timeline: Timeline, arguments: Mapping[str, object]) -> dict[str, Any]:
    seconds = arguments["unit"] == "seconds"
    return {"videos": timeline.videos, "frames": timeline.seconds if seconds else timeline.frames}


def _rules(arguments: Mapping[str, object]) -> dict[str, Any]:
    names = ("within_cycle", "across_cycles", "window", "unit", "across_videos")
    return {name: arguments[name] for name in names}


def _picks(
    indices: np.ndarray, scores: Float64[np.ndarray, "n"], reasons: Sequence[str]
) -> tuple[Pick, ...]:
    return tuple(
        Pick(int(i), None if np.isnan(scores[i]) else float(scores[i]), rank, reason)
        for rank, (i, reason) in enumerate(zip(indices, reasons, strict=True), start=1)
    )


def _with(blocked: Bool[np.ndarray, "n"], indices: np.ndarray) -> Bool[np.ndarray, "n"]:
    later = blocked.copy()
    later[indices] = True
    return later
