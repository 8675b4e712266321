import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import clip_of, effective_images
from tests.reference.evaluate_nested import clips as slow_clips

timelines = st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.integers(0, 9)))


@given(timelines, st.integers(1, 12))
def test_equals_the_reference(drawn, blocks):
    videos, frames = [v for v, _ in drawn], [f for _, f in drawn]
    got = clip_of(videos, frames, blocks=blocks)
    names = slow_clips(videos, frames, blocks)
    assert [names[i] == names[j] for i in range(len(names)) for j in range(i)] == [
        got[i] == got[j] for i in range(len(names)) for j in range(i)
    ]
    assert list(dict.fromkeys(got.tolist())) == list(range(len(set(names))))


def test_one_video_gives_blocks_of_consecutive_frames():
    got = clip_of(["a"] * 10, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], blocks=5)
    assert got.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_stills_are_clips_of_their_own_and_take_none_from_the_videos():
    got = clip_of([None, "a", None, "a"], [0, 0, 0, 1], blocks=2)
    assert got.tolist() == [0, 1, 2, 3]


def test_many_videos_stay_whole():
    videos = [f"v{i // 7}" for i in range(210)]
    assert clip_of(videos, list(range(210))).tolist() == [i // 7 for i in range(210)]


def test_an_empty_set_keeps_its_shape():
    assert clip_of([], []).shape == (0,)


@pytest.mark.parametrize(
    ("videos", "frames", "blocks"), [(["a"], [], 20), (["a"], [0, 1], 20), (["a"], [0], 0)]
)
def test_bad_arguments(videos, frames, blocks):
    with pytest.raises(ArgumentError):
        clip_of(videos, frames, blocks=blocks)


def test_effective_images_by_hand():
    assert effective_images(100, 5, 0.5) == pytest.approx(100 / 3)
    assert effective_images(100, 5, 1) == 20
    assert effective_images(100, 5, 0) == effective_images(100, 1, 0.7) == 100


def test_effective_images_is_the_variance_of_a_mean():
    """Figures of images with a shared part per clip: the mean varies as over n_eff images."""
    rng = np.random.default_rng(3)
    shared, own = rng.normal(0, 0.6, (20_000, 10, 1)), rng.normal(0, 0.8, (20_000, 10, 5))
    measured = (shared + own).mean(axis=(1, 2)).var()
    assert 1 / measured == pytest.approx(effective_images(50, 5, 0.36), rel=0.04)


@pytest.mark.parametrize(
    ("images", "per_clip", "correlation"),
    [(-1, 5, 0.5), (10, 0.5, 0.5), (10, 5, 1.1), (10, 5, float("nan")), (10, float("inf"), 0)],
)
def test_effective_images_checks_its_arguments(images, per_clip, correlation):
    with pytest.raises(ArgumentError):
        effective_images(images, per_clip, correlation)
