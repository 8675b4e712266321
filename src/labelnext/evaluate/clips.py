"""Clips of a test set: frames of a video are alike, so a bootstrap draws clips (STRATEGIES §10)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from labelnext.errors import ArgumentError


def clip_of(
    videos: Sequence[str | None], frames: Sequence[int], *, blocks: int = 20
) -> Int64[np.ndarray, "images"]:
    """The clip of each image: a block of consecutive frames of a video, or a still by itself.

    Videos are cut so that all of them together give about `blocks` clips, each video in proportion
    to its frames and at least one: few long videos give enough clips to draw from, and many short
    ones stay whole, since blocks of few frames are as alike as frames are. Blocks of a video differ
    by at most one frame.

    Args:
        videos: Video of each image; None for a still.
        frames: Place of each image in its video, in any order; not read for a still.
        blocks: Clips aimed at over all videos, from 1. A bootstrap over fewer than about 20 clips
            gives intervals that are too narrow.

    Returns:
        Numbers from 0, clips in the order of their first images.

    Raises:
        ArgumentError: Lengths differ, or `blocks` is below 1.
    """
    if len(frames) != len(videos):
        raise ArgumentError(
            "clip_of", "frames", expected=f"one per video ({len(videos)})", got=f"{len(frames)}"
        )
    if blocks < 1:
        raise ArgumentError("clip_of", "blocks", expected="at least 1", got=blocks)
    of_video: dict[str, list[int]] = {}
    for i, video in enumerate(videos):
        if video is not None:
            of_video.setdefault(video, []).append(i)
    filmed = sum(map(len, of_video.values()))
    names: list[tuple[str | None, int]] = [(None, i) for i in range(len(videos))]
    for video, images in of_video.items():
        n = len(images)
        parts = min(n, max(1, round(blocks * n / filmed)))
        for place, i in enumerate(sorted(images, key=lambda i: (frames[i], i))):
            names[i] = (video, place * parts // n)
    numbers: dict[tuple[str | None, int], int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def effective_images(images: int, per_clip: float, correlation: float) -> float:
    """How many independent images `images` from clips are worth: n / (1 + (m − 1)·ρ).

    Kish's design effect (Survey Sampling, 1965), as in STRATEGIES §10.

    Args:
        images: n, from 0.
        per_clip: m, images in a clip, from 1.
        correlation: ρ, of a figure between images of one clip, 0 to 1.

    Returns:
        From n / m (all images of a clip alike) to n (independent).

    Raises:
        ArgumentError: An argument is out of its range.
    """
    for argument, value, low, high in (
        ("images", images, 0, np.inf),
        ("per_clip", per_clip, 1, np.inf),
        ("correlation", correlation, 0, 1),
    ):
        if not low <= value <= high or value == np.inf:
            expected = f"finite, from {low}" if high == np.inf else f"{low} to {high}"
            raise ArgumentError("effective_images", argument, expected=expected, got=value)
    return images / (1 + (per_clip - 1) * correlation)
