"""Sampling against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelnext.data.video.sampling import check, sampled
from labelnext.errors import ArgumentError


def slow(seconds, fps):
    """The first frame at or after each multiple of 1/fps, looked for one by one."""
    taken, k = [], 0
    while seconds and k / fps <= seconds[-1] + 1e-6:
        i = next(i for i, s in enumerate(seconds) if s + 1e-6 >= k / fps)
        if i not in taken:
            taken.append(i)
        k += 1
    return taken


@settings(max_examples=200, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 900), max_size=60),
    fps=st.sampled_from([0.1, 0.5, 1, 2, 5, 7, 10, 29.97, 30, 100]),
)
def test_fps_takes_the_first_frame_at_or_after_each_multiple(gaps, fps):
    seconds = np.cumsum([0, *gaps]) / 1000
    assert sampled(seconds, fps=fps).tolist() == slow(seconds.tolist(), fps)


def test_fixed_rates():
    seconds = np.arange(100) / 25
    assert sampled(seconds, fps=5).tolist() == list(range(0, 100, 5))
    assert sampled(seconds, fps=25).tolist() == list(range(100))
    assert sampled(seconds, fps=60).tolist() == list(range(100))
    assert sampled(seconds, every=3).tolist() == list(range(0, 100, 3))
    assert sampled(np.arange(90) / 30, fps=10).tolist() == list(range(0, 90, 3))  # 3/30 is 0.1
    assert sampled(np.zeros(0), fps=10).tolist() == []


def test_a_far_time_stamp_costs_no_memory():
    assert sampled(np.array([0.0, 1.0, 1e15]), fps=1e6).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("every", "fps"),
    [(0, None), (-1, None), (1.5, None), (True, None), ("2", None), (1, 0), (1, -5),
     (1, float("nan")), (1, float("inf")), (1, "5"), (1, True), (2, 5)],
)  # fmt: skip
def test_what_is_no_sampling_is_refused(every, fps):
    with pytest.raises(ArgumentError, match="Got"):
        check(every, fps, True)


@pytest.mark.parametrize("cuts", ["no", 1, None])
def test_cuts_is_true_or_false(cuts):
    with pytest.raises(ArgumentError, match="'cuts'"):
        check(1, None, cuts)
