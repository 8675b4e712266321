"""Scores at the detector's own resolution, against the same scores at every pixel."""

import numpy as np
import pytest

from labelnext import scores
from labelnext.errors import ArgumentError
from labelnext.types import DenseMaps, MapLevel
from tests.reference import scores as reference


def maps_of(size=(37, 50), strides=(8, 16), classes=2, seed=0):
    rng = np.random.default_rng(seed)
    levels = []
    for stride in strides:
        shape = (classes, -(-size[0] // stride), -(-size[1] // stride))
        levels.append(MapLevel(rng.normal(0, 3, shape).astype(np.float32), stride))
    return DenseMaps(tuple(levels), size)


def test_the_finest_level_is_taken_as_it_is():
    maps = maps_of()
    cells, side = scores.on_cells(maps)
    assert side == 8
    assert cells.image_size == (5, 7)
    assert [level.stride for level in cells.levels] == [1, 2]
    first = scores.probabilities(cells)[0]
    np.testing.assert_allclose(first, 1 / (1 + np.exp(-maps.levels[0].logits)), atol=1e-6)


def test_other_levels_are_what_every_pixel_has_between_the_four_in_a_cells_middle():
    """A cell's centre is a corner of pixels; bilinear values are linear between cell centres."""
    size = (64, 64)
    maps = maps_of(size, strides=(8, 32))
    got = scores.probabilities(scores.on_cells(maps).maps)[1]
    rows = [(maps.levels[1].logits, 32)]
    full = reference.probabilities(rows, size, "sigmoid")[0]
    logit = np.log(full / (1 - full))
    middle = np.arange(8) * 8 + 4
    four = [logit[:, middle - a][:, :, middle - b] for a in (0, 1) for b in (0, 1)]
    np.testing.assert_allclose(got, 1 / (1 + np.exp(-np.mean(four, 0))), atol=2e-2)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_divergence_of_cells_matches_loops_over_cells(activation):
    maps = maps_of(strides=(8, 16), classes=3)
    maps = DenseMaps(maps.levels, maps.image_size, activation)
    cells, side = scores.on_cells(maps)
    radius = scores.in_cells(9, side)
    assert radius == 1
    p = reference.probabilities(
        [(maps.levels[0].logits, 1), (maps.levels[1].logits, 2)], (5, 7), activation
    )
    expected = reference.local_divergence(p, radius, activation)
    np.testing.assert_allclose(scores.local_divergence(cells, radius=radius), expected, atol=1e-5)


def test_pixels_take_their_cells_score():
    cells = np.arange(6, dtype=np.float32).reshape(2, 3)
    pixels = scores.to_pixels(cells, 4, (7, 10))
    assert pixels.shape == (7, 10)
    for y in range(7):
        for x in range(10):
            assert pixels[y, x] == cells[y // 4, x // 4]


def test_strides_without_a_common_divisor_stay_pixels():
    cells, side = scores.on_cells(maps_of(strides=(3, 4)))
    assert side == 1
    assert cells.image_size == (37, 50)


@pytest.mark.parametrize(("pixels", "side", "cells"), [(9, 4, 2), (9, 8, 1), (1, 32, 1), (0, 8, 0)])
def test_lengths_in_cells(pixels, side, cells):
    assert scores.in_cells(pixels, side) == cells


def test_a_stride_below_one_is_refused():
    maps = DenseMaps((MapLevel(np.zeros((1, 2, 2), np.float32), 0),), (4, 4))
    with pytest.raises(ArgumentError, match="strides of 1 or more"):
        scores.on_cells(maps)
