"""Guided random: a random score under the temporal rules (PAPER §4), the fair baseline on video."""

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.select.checks import Mask
from labelnext.select.temporal import Selection, Window, temporal
from labelnext.select.timeline import Frames, Unit, Videos


def guided_random(
    *,
    videos: Videos,
    frames: Frames,
    budget: int,
    rng: np.random.Generator,
    within_cycle: float = 15,
    across_cycles: float = 2,
    blocked: Mask | None = None,
    unit: Unit = "pool_frames",
    window: Window = "symmetric",
    across_videos: bool = False,
) -> Selection:
    """`temporal` on independent uniform scores, without smoothing.

    Args:
        videos: As for `temporal`, like all that follow.
        frames: Frame number or time stamp.
        budget: How many to choose; with fewer available, all of them.
        rng: The only source of randomness; one draw an image, blocked ones included.
        within_cycle: Δt₁ in `unit`.
        across_cycles: Δt₂ in `unit`.
        blocked: Images that must not be chosen.
        unit: `pool_frames` or `seconds`.
        window: `symmetric` or `slice`.
        across_videos: Take the pool for one video.

    Returns:
        The selection.

    Raises:
        ArgumentError: As for `temporal`, or an `rng` that is none.
    """
    if not isinstance(rng, np.random.Generator):
        raise ArgumentError(
            "select.guided_random", "rng", expected="a numpy Generator", got=type(rng).__name__,
            remedy="Pass np.random.default_rng(seed).",
        )  # fmt: skip
    return temporal(
        rng.random(len(videos)),
        videos=videos,
        frames=frames,
        budget=budget,
        within_cycle=within_cycle,
        across_cycles=across_cycles,
        blocked=blocked,
        unit=unit,
        window=window,
        across_videos=across_videos,
    )
