"""Smoothing against loops, and what Eq. 6 implies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select as reference


@st.composite
def timelines(draw, unit="pool_frames"):
    n = draw(st.integers(0, 30))
    videos = draw(st.lists(st.sampled_from([None, "a", "b"]), min_size=n, max_size=n))
    frames = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n, unique=True))
    if unit == "seconds":
        frames = [frame / 25 for frame in frames]
    scores = draw(st.lists(st.floats(0, 4), min_size=n, max_size=n))
    return np.array(scores, np.float64), videos, frames


@given(timelines(), st.integers(0, 8), st.floats(0.5, 6), st.data())
def test_matches_loops_in_pool_frames(case, radius, sigma, data):
    z, videos, frames = case
    unscored = np.array(data.draw(st.lists(st.booleans(), min_size=len(z), max_size=len(z))), bool)
    z[unscored] = np.nan
    found = select.smooth(
        z, videos=videos, frames=frames, radius=radius, sigma=sigma, unscored=unscored
    )
    expected = reference.smooth(
        z, videos, frames, radius, sigma, unscored=set(np.flatnonzero(unscored))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(timelines("seconds"), st.integers(0, 15), st.floats(0.02, 1))
def test_matches_loops_in_seconds(case, radius, sigma):
    z, videos, times = case
    options = {"radius": radius / 25, "sigma": sigma, "unit": "seconds"}
    found = select.smooth(z, videos=videos, frames=times, **options)
    np.testing.assert_allclose(found, reference.smooth(z, videos, times, **options), rtol=1e-12)


@given(timelines(), st.integers(0, 8), st.floats(0.5, 6))
def test_zero_ends_across_videos_match_the_authors_loops(case, radius, sigma):
    z, videos, frames = case
    found = select.smooth(
        z, videos=videos, frames=frames, radius=radius, sigma=sigma, ends="zero", across_videos=True
    )
    np.testing.assert_allclose(found, reference.authors_smooth(z, radius, sigma), rtol=1e-12)


def test_constant_scores_stay_and_fall_off_with_zero_ends():
    z, videos, frames = np.full(30, 2.0), ["a"] * 30, list(range(30))
    kept = select.smooth(z, videos=videos, frames=frames, radius=5, sigma=3.0)
    np.testing.assert_allclose(kept, 2, rtol=1e-12)
    faded = select.smooth(z, videos=videos, frames=frames, radius=5, sigma=3.0, ends="zero")
    np.testing.assert_allclose(faded[5:25], 2, rtol=1e-12)
    assert (np.diff(faded[:6]) > 0).all()
    np.testing.assert_allclose(faded, faded[::-1])


def test_a_peak_spreads_by_the_gaussian_and_not_beyond_its_video():
    z = np.zeros(12)
    z[6] = 1
    videos = ["a"] * 6 + ["b"] * 6
    found = select.smooth(z, videos=videos, frames=range(12), radius=2, sigma=1.0)
    w = np.exp([0.0, -0.5, -2.0])
    np.testing.assert_array_equal(found[:6], 0)
    np.testing.assert_allclose(found[6:9], w / [w.sum(), w.sum() + w[1], 2 * w.sum() - 1])
    np.testing.assert_array_equal(found[9:], 0)


def test_ranks_count_in_the_pool_not_frame_numbers():
    z = np.array([1.0, 0.0, 0.0])
    near = select.smooth(z, videos=["a"] * 3, frames=[0, 1, 2])
    far = select.smooth(z, videos=["a"] * 3, frames=[0, 100, 2000])
    np.testing.assert_array_equal(near, far)
    apart = select.smooth(
        z, videos=["a"] * 3, frames=[0, 100, 2000], unit="seconds", radius=5.0, sigma=3.0
    )
    np.testing.assert_array_equal(apart, z)


@pytest.mark.parametrize("unit", ["pool_frames", "seconds"])
def test_stills_keep_their_scores(unit):
    z = np.array([3.0, 1.0, 2.0])
    found = select.smooth(z, videos=[None] * 3, frames=[None, 7, None], unit=unit)
    np.testing.assert_array_equal(found, z)


@pytest.mark.parametrize("ends", ["renormalise", "zero"])
def test_unscored_frames_lend_nothing_and_stay_unscored(ends):
    z = np.array([1.0, np.nan, 1.0, 1.0])
    videos, frames = ["a"] * 4, range(4)
    found = select.smooth(
        z, videos=videos, frames=frames, radius=1, sigma=1.0, ends=ends, unscored=np.isnan(z)
    )
    w = np.exp(-0.5)
    full = 1 + 2 * w
    expected = [1, np.nan, 1, 1] if ends == "renormalise" else [
        1 / full, np.nan, (1 + w) / full, (1 + w) / full,
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected)


def test_a_pool_without_any_score_comes_back_without_any():
    z = np.full(3, np.nan)
    found = select.smooth(z, videos=["a"] * 3, frames=range(3), unscored=np.ones(3, bool))
    assert np.isnan(found).all()


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ArgumentError, match=r"nan at index 1 \(1 such\).*unscored"):
        select.smooth(np.array([0.0, np.nan]), videos=["a", "a"], frames=[0, 1])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"radius": -1}, "radius"),
        ({"radius": 1.5}, "radius"),
        ({"radius": np.nan}, "radius"),
        ({"radius": np.inf, "unit": "seconds"}, "radius"),
        ({"sigma": 0.0}, "sigma"),
        ({"sigma": np.nan}, "sigma"),
        ({"ends": "reflect"}, "ends"),
        ({"ends": "zero", "unit": "seconds"}, "ends"),
        ({"unit": "minutes"}, "unit"),
        ({"unit": "seconds", "across_videos": True}, "unit"),
        ({"videos": ["a"]}, "videos"),
        ({"frames": [1, 2, 3]}, "frames"),
        ({"frames": [1, None]}, "frames"),
        ({"frames": [1, np.nan]}, "frames"),
        ({"frames": [4, 4]}, "frames"),
        ({"unscored": np.zeros(3, bool)}, "unscored"),
    ],
)
def test_arguments_are_checked(options, word):
    given = {"videos": ["a", "a"], "frames": [0, 1]} | options
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.smooth"):
        select.smooth(np.zeros(2), **given)
