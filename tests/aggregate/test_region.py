"""Region maxima against loops, for both tilings."""

import numpy as np
import pytest

from labelnext import aggregate
from labelnext.errors import ArgumentError
from tests.reference import aggregate as reference

SIZES = [(1, 1), (7, 5), (30, 30), (31, 29), (44, 46), (60, 60), (61, 75), (45, 105)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("region", [1, 2, 7, 30])
def test_matches_loops(size, region):
    s = np.random.default_rng(0).random(size).astype(np.float32)
    tiles = aggregate.region_max_mean(s, region=region)
    assert tiles == pytest.approx(reference.tiles(s, region), rel=1e-12)
    centred = aggregate.region_max_mean(s, region=region, tiling="centred")
    assert centred == pytest.approx(reference.centred(s, region), rel=1e-12)


def test_partial_regions_count_in_full():
    s = np.zeros((30, 40))
    s[0, 35] = 1
    assert aggregate.region_max_mean(s) == 0.5


def test_the_authors_windows_miss_the_far_edge():
    s = np.zeros((60, 60))
    s[59, 59] = 1  # the last window ends at 44
    assert aggregate.region_max_mean(s, tiling="centred") == 0
    assert aggregate.region_max_mean(s) == 0.25


def test_the_authors_windows_reach_15_back_and_14_on():
    rising = np.arange(75.0)[:, None]
    last = np.mean([14, 44, 74])
    first = np.mean([0, 15, 45])
    assert aggregate.region_max_mean(rising, tiling="centred") == last
    assert aggregate.region_max_mean(100 - rising, tiling="centred") == 100 - first


def test_a_region_larger_than_the_image_is_the_maximum():
    s = np.random.default_rng(0).random((17, 23))
    for tiling in ("tiles", "centred"):
        assert aggregate.region_max_mean(s, region=1000, tiling=tiling) == s.max()


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("region", [0, -30, 2.5, True, None])
def test_region_is_checked(region):
    with pytest.raises(ArgumentError, match="'region'"):
        aggregate.region_max_mean(np.zeros((3, 3)), region=region)


@pytest.mark.usefixtures("unchecked")
def test_tiling_is_checked():
    with pytest.raises(ArgumentError, match="'tiles' or 'centred'"):
        aggregate.region_max_mean(np.zeros((3, 3)), tiling="centered")
