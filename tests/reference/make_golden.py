"""Write tests/golden/pure_rooms.npz from the loop-written references alone: no code of src runs.

    python -m tests.reference.make_golden

A small pool of three videos (one shorter than a window, frames not in order of their numbers) goes
through four cycles of the whole chain under both presets. The detector differs from cycle to
cycle, budgets are such that all three passes occur.
"""

from pathlib import Path

import numpy as np

from tests.reference import aggregate, scores, select

FILE = Path(__file__).parents[1] / "golden" / "pure_rooms.npz"
STRIDES, IMAGE = (8, 16), (37, 49)  # columns 45 to 48 lie in no window of the authors' filter
BUDGETS = (3, 9, 12, 25)
REGION, WITHIN, ACROSS, RADIUS, SIGMA = 30, 15, 2, 5, 3.0


def pool():
    """Videos and frame numbers, in the order of the pool."""
    videos = ["a"] * 24 + ["b"] * 4 + ["c"] * 32
    frames = [2 * i for i in range(24)] + [7, 3, 5, 1] + [100 + 2 * i for i in range(32)]
    return videos, frames


def cells(stride):
    """The part of the stored logits that a level of this stride needs to cover the image."""
    return tuple(slice(-(-size // stride)) for size in IMAGE)


def cycle(logits, authors, blocked, budget):
    """One cycle over the pool: every stage's result."""
    videos, frames = pool()
    z, first = [], None
    for image in logits:
        levels = [(image[k][None, *cells(s)], s) for k, s in enumerate(STRIDES)]
        p = scores.probabilities(levels, IMAGE, "sigmoid")
        pixels = scores.local_divergence(p, 4 if authors else 9)
        first = pixels if first is None else first
        z.append((aggregate.centred if authors else aggregate.tiles)(pixels, REGION))
    if authors:
        slots = select.authors_off_by_one(z)
        smoothed = select.authors_smooth(slots, RADIUS, SIGMA)
        found = select.authors_temporal(smoothed, budget, WITHIN, ACROSS, blocked)
    else:
        smoothed = select.smooth(z, videos, frames, RADIUS, SIGMA)
        found = select.temporal(smoothed, videos, frames, budget, WITHIN, ACROSS, blocked)
    return first, z, smoothed, *found


def main():
    """Both presets, cycle by cycle."""
    videos, frames = pool()
    rng = np.random.default_rng(20191027)
    # A multiple of 1/8 is exact in any float format. Neighbours are alike, as in video.
    walk = rng.normal(0, 1, (len(BUDGETS), len(videos), len(STRIDES), 5, 7)).cumsum(1)
    logits = (np.round(walk * 8) / 8 - 1).clip(-30, 30).astype(np.float32)
    arrays = {"logits": logits, "videos": np.array(videos), "frames": np.array(frames)}
    for name, authors in (("authors-code", True), ("corrected", False)):
        blocked = set()
        for k, budget in enumerate(BUDGETS):
            pixels, z, smoothed, chosen, passes, blocked = cycle(
                logits[k], authors, blocked, budget
            )
            stage = f"{name}/{k}/"
            if k == 0:
                arrays[stage + "pixels_of_first"] = pixels
            arrays[stage + "z"] = np.array(z)
            arrays[stage + "smoothed"] = np.array(smoothed)
            arrays[stage + "indices"] = np.array(chosen)
            arrays[stage + "passes"] = np.array(passes)
            arrays[stage + "blocked"] = np.array([i in blocked for i in range(len(videos))])
            print(stage, chosen, passes, len(blocked))
            gap = np.diff(np.sort(smoothed)).min()
            assert gap > 1e-5, f"scores {gap} apart: float32 could order them otherwise"
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    main()
