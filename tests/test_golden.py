"""The whole pure chain, cycle by cycle, against golden arrays made by loops alone.

`python -m tests.reference.make_golden` writes them.
"""

from pathlib import Path

import numpy as np
import pytest

from labelnext import aggregate, presets, scores, select
from labelnext.types import DenseMaps, MapLevel

GOLDEN = np.load(Path(__file__).parent / "golden" / "pure_rooms.npz")
STRIDES, IMAGE = (8, 16), (37, 49)
CYCLES = range(4)
PURE = ("corrected", "authors-code")  # "plus" differs from "corrected" in its detector alone
both = pytest.mark.parametrize("preset", [presets.get(name) for name in PURE], ids=PURE)


def maps_of(image):
    levels = tuple(
        MapLevel(plane[None, : -(-IMAGE[0] // s), : -(-IMAGE[1] // s)], s)
        for plane, s in zip(image, STRIDES, strict=True)
    )
    return DenseMaps(levels, IMAGE)


def aggregated(preset, cycle):
    """The score of every image, and the pixel scores of the first."""
    pixels = [scores.local_divergence(maps_of(i), **preset.score) for i in GOLDEN["logits"][cycle]]
    return np.array([aggregate.region_max_mean(p, **preset.aggregate) for p in pixels]), pixels[0]


def smoothed(preset, z):
    slots = select.off_by_one(z) if preset.off_by_one else z
    videos, frames = GOLDEN["videos"].tolist(), GOLDEN["frames"].tolist()
    return select.smooth(slots, videos=videos, frames=frames, **preset.smooth)


def selected(preset, z, cycle, blocked):
    budget = (3, 9, 12, 25)[cycle]
    videos, frames = GOLDEN["videos"].tolist(), GOLDEN["frames"].tolist()
    return select.temporal(
        z, videos=videos, frames=frames, budget=budget, blocked=blocked, **preset.temporal
    )


def test_all_passes_and_the_exhausted_pool_occur():
    for name in PURE:
        passes = np.concatenate([GOLDEN[f"{name}/{cycle}/passes"] for cycle in CYCLES])
        assert set(passes) == {1, 2, 3}
        assert GOLDEN[f"{name}/3/blocked"].all()


@both
@pytest.mark.parametrize("cycle", CYCLES)
def test_stage_by_stage(preset, cycle):
    stage = f"{preset.name}/{cycle}/"
    z, pixels = aggregated(preset, cycle)
    if cycle == 0:
        expected = GOLDEN[stage + "pixels_of_first"]
        np.testing.assert_allclose(pixels, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(z, GOLDEN[stage + "z"], rtol=0, atol=1e-5)
    found = smoothed(preset, GOLDEN[stage + "z"])
    np.testing.assert_allclose(found, GOLDEN[stage + "smoothed"], rtol=1e-12)
    blocked = GOLDEN[f"{preset.name}/{cycle - 1}/blocked"] if cycle else None
    selection = selected(preset, GOLDEN[stage + "smoothed"], cycle, blocked)
    np.testing.assert_array_equal(selection.indices, GOLDEN[stage + "indices"])
    np.testing.assert_array_equal(selection.passes, GOLDEN[stage + "passes"])
    np.testing.assert_array_equal(selection.blocked, GOLDEN[stage + "blocked"])


@both
def test_the_chain_from_logits_to_indices(preset):
    blocked = None
    for cycle in CYCLES:
        z, _ = aggregated(preset, cycle)
        selection = selected(preset, smoothed(preset, z), cycle, blocked)
        np.testing.assert_array_equal(
            selection.indices, GOLDEN[f"{preset.name}/{cycle}/indices"], err_msg=f"cycle {cycle}"
        )
        blocked = selection.blocked
