"""The street as a source of frames: seeds, sizes, the share of empty frames, coherence."""

from itertools import pairwise

import numpy as np
import pytest

from labelnext.data import synthetic
from labelnext.data.synthetic import world
from labelnext.errors import ArgumentError

SMALL = (96, 128)


def same(a: synthetic.SyntheticFrame, b: synthetic.SyntheticFrame) -> bool:
    fields = ("xyxy", "classes", "ignore", "visible")
    return (
        np.array_equal(a.image, b.image)
        and all(np.array_equal(getattr(a.truth, f), getattr(b.truth, f)) for f in fields)
        and (a.video, a.frame, a.seconds, a.tags) == (b.video, b.frame, b.seconds, b.tags)
    )


@pytest.fixture(scope="module")
def films() -> list[list[synthetic.SyntheticFrame]]:
    """One video in each light."""
    return [
        list(synthetic.video(90, size=SMALL, seed=3, name=light, light=light))
        for light in synthetic.LIGHTS
    ]


def test_the_same_seed_gives_the_same_frames_with_fresh_textures():
    def frames():
        return [
            *synthetic.stills(4, size=SMALL, seed=5),
            *synthetic.video(4, size=SMALL, seed=5, name="a"),
        ]

    first = frames()
    world.assets.cache_clear()
    assert all(same(a, b) for a, b in zip(first, frames(), strict=True))


def test_a_frame_does_not_depend_on_how_many_are_made_or_which_are_kept():
    three, five = (list(synthetic.stills(n, size=SMALL, seed=1)) for n in (3, 5))
    assert all(same(a, b) for a, b in zip(three, five, strict=False))
    whole = list(synthetic.video(9, size=SMALL, seed=1, name="a"))
    some = list(synthetic.video(9, size=SMALL, seed=1, name="a", every=4))
    assert [frame.frame for frame in some] == [0, 4, 8]
    assert all(same(whole[frame.frame or 0], frame) for frame in some)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"seed": 1}, {"seed": 2}),
        ({"name": "one"}, {"name": "two"}),
        ({"light": "night"}, {"light": "overcast"}),
    ],
)
def test_other_seeds_names_and_lights_give_other_videos(a, b):
    one, two = (next(iter(synthetic.video(2, size=SMALL, **{"name": "x"} | k))) for k in (a, b))
    assert np.abs(one.image.astype(float) - two.image).mean() > 3


@pytest.mark.parametrize("size", [(48, 48), (97, 131), (150, 51), (240, 320)])
def test_any_size_is_filled_and_boxes_lie_inside(size):
    frames = [
        *synthetic.stills(3, size=size, seed=2),
        *synthetic.video(30, size=size, seed=2, name="s", share=0.6, every=6),
    ]
    assert sum(len(frame.truth) for frame in frames) > 0
    for frame in frames:
        assert frame.image.shape == (*size, 3)
        assert frame.image.dtype == np.uint8
        boxes = frame.truth.xyxy
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2] <= size[1]).all()
        assert (boxes[:, 3] <= size[0]).all()
        assert (boxes[:, 2:] - boxes[:, :2] >= 1).all()
        assert ((frame.truth.visible > 0) & (frame.truth.visible <= 1)).all()


def test_no_frames_asked_none_given():
    assert list(synthetic.stills(0)) == []
    assert list(synthetic.video(0)) == []


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: synthetic.stills(-1), "count"),
        (lambda: synthetic.stills(1, size=(10, 100)), "size"),
        (lambda: synthetic.stills(1, seed=-1), "seed"),
        (lambda: synthetic.video(-1), "frames"),
        (lambda: synthetic.video(1, light="fog"), "light"),
        (lambda: synthetic.video(1, share=1.5), "share"),
        (lambda: synthetic.video(1, every=0), "every"),
    ],
)
def test_arguments_are_checked_at_the_call(call, argument):
    with pytest.raises(ArgumentError, match=f"'{argument}'"):
        call()


def test_about_a_fifth_of_the_videos_frames_shows_somebody(films):
    busy = [(~frame.truth.ignore).any() for film in films for frame in film]
    assert 0.12 <= np.mean(busy) <= 0.28


def test_people_come_in_bursts(films):
    for film in films:
        busy = np.array([(~frame.truth.ignore).any() for frame in film])
        changes = np.count_nonzero(busy[1:] != busy[:-1])
        assert changes <= 16


def test_nearly_all_stills_show_somebody():
    frames = list(synthetic.stills(40, size=SMALL, seed=4))
    busy = [(~frame.truth.ignore).any() for frame in frames]
    assert np.mean(busy) > 0.8
    assert not all(busy)


def test_neighbouring_frames_are_nearly_the_same(films):
    for film in films:
        images = [frame.image.astype(np.float32) for frame in film]
        near = np.mean([np.abs(a - b).mean() for a, b in pairwise(images)])
        far = np.mean([np.abs(a - b).mean() for a, b in zip(images, images[40:], strict=False)])
        assert near < 0.7 * far
        assert near < 12


def feet(boxes: np.ndarray) -> np.ndarray:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


def test_people_move_smoothly():
    """Who is well inside the image has a box at nearly the same place one frame later."""
    followed = lost = 0
    film = synthetic.video(40, size=SMALL, seed=1, name="busy", light="overcast", share=0.8)
    for now, later in pairwise(film):
        for box, visible in zip(now.truth.xyxy, now.truth.visible, strict=True):
            inside = box[0] > 12 and box[2] < SMALL[1] - 12 and box[3] < SMALL[0] - 6
            if visible < 0.7 or not inside:
                continue
            followed += 1
            moved = np.abs(feet(later.truth.xyxy) - feet(box[None])).max(axis=1, initial=0)
            lost += not (moved < 0.2 * (box[3] - box[1])).any()
    assert followed > 40
    assert lost <= 0.05 * followed


def test_tags_say_what_is_there(films):
    night = films[list(synthetic.LIGHTS).index("night")]
    assert all("night" in frame.tags for frame in night)
    for frame in (frame for film in films for frame in film):
        counted = ~frame.truth.ignore
        assert ("empty" in frame.tags) == (not counted.any())
        assert ("crowd" in frame.tags) == (counted.sum() >= 5)
    day = films[list(synthetic.LIGHTS).index("overcast")]
    assert np.mean([f.image.mean() for f in night]) < 0.7 * np.mean([f.image.mean() for f in day])
