"""The last part of every strategy: rank the pool, then take from it under rules of likeness.

What keeps picks apart is either time (PAPER §4: windows before and after a picked frame) or
likeness itself: a perceptual hash, or the detector's own embedding (PAPER §9, STRATEGIES §10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt64

from labelnext import select
from labelnext.errors import ArgumentError
from labelnext.evidence import Pool
from labelnext.strategies.arguments import flag, number
from labelnext.types import Timeline

LIKENESS = ("none", "hash", "embedding")
DEFAULT_THRESHOLDS = {"none": None, "hash": 10, "embedding": 0.95}

Ranked = Float64[np.ndarray, "n"]
Mask = Bool[np.ndarray, "n"]


class Taken(NamedTuple):
    """What was chosen.

    Attributes:
        indices: Best first.
        passes: The pass that chose each; from the second on, rules were relaxed.
        blocked: What no later cycle may choose.
    """

    indices: Int64[np.ndarray, "k"]
    passes: Int64[np.ndarray, "k"]
    blocked: Mask

    @staticmethod
    def freely(indices: Int64[np.ndarray, "k"], blocked: Mask) -> "Taken":
        """Taken under no rule, so that nothing but the picks themselves is blocked anew."""
        later = blocked.copy()
        later[indices] = True
        return Taken(indices, np.ones(len(indices), np.int64), later)


@dataclass(frozen=True, slots=True)
class Rules:
    """Ranking and taking, by the flat arguments of a strategy (`strategies.arguments`).

    Raises:
        ArgumentError: An argument is outside its domain. What the selections themselves check,
            such as windows and thresholds, they refuse on the first pool, an empty one included.
    """

    strategy: str
    arguments: Mapping[str, object]

    def __post_init__(self) -> None:
        if self.similar not in LIKENESS:
            raise ArgumentError(
                f"the strategy {self.strategy}", "similar",
                expected=f"one of {', '.join(LIKENESS)}", got=repr(self.similar),
            )  # fmt: skip
        for name in ("smooth", "temporal", "off_by_one", "across_videos"):
            if name in self.arguments:
                flag(self.arguments, name)
        if self.arguments.get("similar_threshold") is not None:
            number(self.arguments, "similar_threshold")
        if "cost_exponent" in self.arguments:
            number(self.arguments, "cost_exponent", 0, 1)

    @property
    def similar(self) -> str:
        """What keeps picks apart instead of time; `none` where time does, or nothing."""
        return str(self.arguments.get("similar", "none"))

    def free(self, timeline: Timeline) -> bool:
        """Whether nothing keeps picks apart: no rule, or the temporal ones on nothing but stills.

        `across_videos` takes stills for frames too.
        """
        if self.similar != "none" or not self.arguments.get("temporal"):
            return self.similar == "none"
        stills = all(video is None for video in timeline.videos)
        return stills and not self.arguments["across_videos"]

    @property
    def words(self) -> str:
        """The rules as a reader knows them."""
        return "temporal rules" if self.similar == "none" else f"rule of likeness by {self.similar}"

    def rank(self, pool: Pool, values: Ranked | None = None) -> Ranked:
        """Scores as they are ranked: smoothed over time, then per cost where that is asked for.

        `values` stand for the pool's own scores where a strategy has better ones by now.

        Raises:
            ArgumentError: A cost is asked for, and the pool does not say what its images take.
        """
        options: dict[str, Any] = dict(self.arguments)
        scores = pool.scores if values is None else values
        if options.get("off_by_one"):
            scores = select.off_by_one(scores, unscored=np.isnan(scores))
        if options.get("smooth"):
            scores = select.smooth(
                scores, **self._positions(pool), unscored=np.isnan(scores),
                radius=options["smooth_radius"], sigma=options["smooth_sigma"],
                ends=options["smooth_ends"], unit=options["unit"],
                across_videos=options["across_videos"],
            )  # fmt: skip
        exponent = float(options.get("cost_exponent") or 0.0)
        if exponent:
            if pool.seconds is None:
                raise ArgumentError(
                    f"the strategy {self.strategy}", "cost_exponent",
                    expected="0 where nothing says what labelling an image takes", got=exponent,
                )  # fmt: skip
            scored = ~np.isnan(scores)
            scores = scores.copy()
            scores[scored] = select.per_cost(
                scores[scored], pool.seconds[scored], exponent=exponent
            )
        return scores

    def take(
        self,
        ranked: Ranked,
        pool: Pool,
        *,
        budget: int,
        blocked: Mask,
        rng: np.random.Generator,
        among: Mask | None = None,
    ) -> Taken:
        """The best by `ranked` that the rules leave; images without a rank (NaN) come last.

        `among` says which images may be chosen now; the others stay free for later cycles.
        """
        closed = blocked if among is None else blocked | ~among
        options: dict[str, Any] = {
            "unscored": np.isnan(ranked) & ~closed, "blocked": blocked, "rng": rng,
            "budget": budget, "among": among,
        }  # fmt: skip
        if self.similar != "none":
            chosen = select.distinct(ranked, **self._likeness(pool), **options)
            return Taken(chosen.indices, chosen.passes, chosen.blocked)
        if self.arguments.get("temporal"):
            timed = select.temporal(ranked, **self._positions(pool), **options, **self._windows())
            return Taken(timed.indices, timed.passes, timed.blocked)
        return Taken.freely(select.top(ranked, **options), blocked)

    def _likeness(self, pool: Pool) -> dict[str, Any]:
        given = self.arguments.get("similar_threshold")
        threshold = DEFAULT_THRESHOLDS[self.similar] if given is None else given
        groups = list(pool.timeline.videos)
        vectors = pool.vectors.get(self.similar)
        if vectors is None:
            vectors = np.full((len(pool), 4), np.nan, np.float32)
        if self.similar == "embedding":
            return {"vectors": vectors, "threshold": threshold, "groups": groups}
        for i in np.flatnonzero(np.isnan(vectors).any(axis=1)):
            groups[i] = f"\0no hash {i}"  # like no other image
        return {"hashes": unpacked(vectors), "threshold": threshold, "groups": groups}

    def _windows(self) -> dict[str, Any]:
        names = ("within_cycle", "across_cycles", "window", "unit", "across_videos")
        return {name: self.arguments[name] for name in names}

    def _positions(self, pool: Pool) -> dict[str, Any]:
        line = pool.timeline
        seconds = self.arguments["unit"] == "seconds"
        return {"videos": line.videos, "frames": line.seconds if seconds else line.frames}


def packed(value: int) -> Float32[np.ndarray, "4"]:
    """A hash of 64 bits as four numbers that float32 holds exactly."""
    return np.array([(value >> shift) & 0xFFFF for shift in (48, 32, 16, 0)], np.float32)


def unpacked(rows: Float32[np.ndarray, "n 4"]) -> UInt64[np.ndarray, "n"]:
    """Hashes from the rows that `packed` made; 0 where there is none."""
    parts = np.nan_to_num(rows).astype(np.uint64)
    shifts = np.array([48, 32, 16, 0], np.uint64)
    whole: np.ndarray = np.bitwise_or.reduce(parts << shifts, axis=1)
    return whole.astype(np.uint64)
