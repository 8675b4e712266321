"""The street's truth against its pixels: a scene is drawn with and without somebody."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from labelnext.data.synthetic import people
from labelnext.data.synthetic import render as drawing
from labelnext.data.synthetic.camera import Camera, clip_near, project_point, to_image, to_view
from labelnext.data.synthetic.car import Car
from labelnext.data.synthetic.ground import sky
from labelnext.data.synthetic.video import shoot
from labelnext.data.synthetic.wardrobe import dress
from labelnext.data.synthetic.world import Light, Opening, Person, World, assets
from labelnext.masks import unpack

SIZE = (240, 320)
CLEAR = Light("clear", (0.0, 0.0), (1.0, 1.0, 1.0), 0.0, 0.3, 0.0, 0.0, 0.0, 0.0)
CAMERA = Camera(1.0, 1.32, 0.0, 0.0, 276.0, 320, 240, 108.0)


@pytest.fixture(autouse=True)
def _no_shadows(monkeypatch):
    """A shadow changes pixels without being a part of the person."""
    monkeypatch.setattr(people, "_shadow", lambda *_: None)


def empty_street() -> World:
    street = assets(0, "north", 0)
    backdrop = sky(np.random.default_rng(0), "north", *SIZE, 108)
    return World(street, CLEAR, backdrop, (), (), (), (), ())


def somebody(seed: int, x: float, z: float, walks: bool = True) -> Person:
    rng = np.random.default_rng(seed)
    look = replace(dress(rng, "south"), umbrella=None)
    step = 1.3 if walks else 0.0
    way = ((-1.0, x - step, z), (1.0, x + step, z))
    return Person(look, way, phase=float(rng.uniform(0, 6)))


def picture(world: World, camera: Camera = CAMERA, *, masks: bool = False) -> drawing.Picture:
    rng = np.random.default_rng(0)
    return drawing.render(world, camera, seconds=0.0, share=0.0, rush=0.0, rng=rng, masks=masks)


def changed(a: drawing.Picture, b: drawing.Picture) -> np.ndarray:
    return np.abs(a.image.astype(int) - b.image).sum(axis=2) > 6


def extent(mask: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("seed", range(12))
def test_a_box_is_the_extent_of_the_pixels_somebody_changes(seed):
    rng = np.random.default_rng(seed)
    z = float(rng.uniform(4, 18))
    world = empty_street()
    alone = replace(world, people=(somebody(seed, float(rng.uniform(-0.3, 0.3)) * z, z),))
    with_person = picture(alone)
    mask = changed(with_person, picture(world))
    assert len(with_person.truth) == 1
    np.testing.assert_allclose(with_person.truth.xyxy[0], extent(mask), atol=1.6)
    assert with_person.truth.visible[0] == 1
    assert not with_person.truth.ignore[0]


@pytest.mark.parametrize("seed", range(8))
def test_the_visible_share_is_what_others_leave(seed):
    """Each person alone gives a silhouette; what the nearer one covers of the farther is hidden."""
    rng = np.random.default_rng(100 + seed)
    world = empty_street()
    offset = float(rng.uniform(-0.5, 0.5))
    far, near = somebody(seed, 1.0 + offset, 9.0), somebody(seed + 50, 1.0, 7.0)
    none = picture(world)
    silhouettes = [changed(picture(replace(world, people=(one,))), none) for one in (far, near)]
    both = picture(replace(world, people=(far, near))).truth
    assert len(both) == 2
    expected = 1 - (silhouettes[0] & silhouettes[1]).sum() / silhouettes[0].sum()
    order = np.argsort(both.xyxy[:, 3])
    assert both.visible[order[1]] == 1
    assert both.visible[order[0]] == pytest.approx(expected, abs=0.06)


def test_a_car_hides_the_legs_and_the_box_stays_whole():
    world = empty_street()
    person = somebody(1, 2.5, 12.0, walks=False)
    free = picture(replace(world, people=(person,))).truth
    car = Car("hatch", (150, 40, 40), 2.5, 9.0, False, False)
    with_car = picture(replace(world, people=(person,), cars=(car,)))
    hidden = with_car.truth
    np.testing.assert_array_equal(hidden.xyxy, free.xyxy)
    # What the person still changes in front of nothing but the car.
    seen = changed(with_car, picture(replace(world, cars=(car,)))).sum()
    whole = changed(picture(replace(world, people=(person,))), picture(world)).sum()
    assert hidden.visible[0] == pytest.approx(seen / whole, abs=0.06)
    assert 0 < hidden.visible[0] < 0.6


def test_somebody_wholly_hidden_is_not_in_the_truth():
    world = empty_street()
    van = Car("van", (220, 220, 220), 1.0, 8.0, False, False)
    behind = somebody(2, 1.0, 14.0, walks=False)
    assert len(picture(replace(world, people=(behind,), cars=(van,))).truth) == 0


def test_a_door_shows_what_is_between_its_posts():
    world = empty_street()
    wall = world.assets.profile.wall
    person = somebody(3, -wall - 1.0, 22.0, walks=False)
    column, _, _ = project_point(CAMERA, -wall - 1.0, 0.0, 22.0)
    inside = replace(person, openings=(Opening(-1, 18.5, 24.0),))
    truth = picture(replace(world, people=(inside,))).truth
    edges = sorted(project_point(CAMERA, -wall, 0.0, z)[0] for z in (18.5, 24.0))
    assert edges[0] < column < edges[1]
    assert len(truth) == 1
    seen = changed(picture(replace(world, people=(inside,))), picture(world))
    x1, _, x2, _ = extent(seen)
    assert edges[0] - 1.5 <= x1
    assert x2 <= edges[1] + 1.5
    assert len(picture(replace(world, people=(person,))).truth) == 0


def test_small_and_nearly_hidden_people_are_ignored():
    world = empty_street()
    small = picture(replace(world, people=(somebody(4, 1.0, 34.0),))).truth
    assert small.ignore.tolist() == [True]
    assert small.xyxy[0, 3] - small.xyxy[0, 1] < 24
    large = picture(replace(world, people=(somebody(4, 1.0, 16.0),))).truth
    assert large.ignore.tolist() == [False]


def test_a_box_is_cut_at_the_image_and_what_is_outside_counts_as_hidden():
    world = empty_street()
    # At 5 metres the image ends 2.9 metres beside the camera.
    truth = picture(replace(world, people=(somebody(5, 1.0 + 2.9, 5.0, walks=False),))).truth
    assert truth.xyxy[0, 2] == SIZE[1]
    assert 0.2 < truth.visible[0] < 0.8


def test_truth_in_a_real_video_agrees_with_its_pixels():
    """Leaving one person out of a busy frame changes pixels inside that person's box only."""
    film = shoot(60, size=SIZE, seed=1, name="busy", light="overcast", share=0.7)
    world = replace(film.world, light=CLEAR)
    checked = 0
    for k in range(0, 60, 10):

        def frame(world: World, k: int = k) -> drawing.Picture:
            rng = np.random.default_rng(k)
            return drawing.render(
                world, film.cameras[k], seconds=k / 10, share=0.0, rush=0.0, rng=rng
            )

        whole = frame(world)
        present = [p for p in world.people if p.at(k / 10) is not None and not p.look.umbrella]
        for person in present[:6]:
            others = tuple(p for p in world.people if p is not person)
            without = frame(replace(world, people=others))
            mask = changed(whole, without)
            if not mask.any() or len(whole.truth) == len(without.truth):
                continue
            kept = {tuple(box) for box in without.truth.xyxy}
            (box,) = (b for b in whole.truth.xyxy if tuple(b) not in kept)
            x1, y1, x2, y2 = extent(mask)
            assert x1 >= box[0] - 1.6
            assert y1 >= box[1] - 1.6
            assert x2 <= box[2] + 1.6
            assert y2 <= box[3] + 1.6
            checked += 1
    assert checked >= 5


def test_projection_agrees_with_the_plain_formula():
    camera = Camera(1.0, 1.5, 2.0, 0.2, 200.0, 320, 240, 100.0)
    point = np.array([[2.5, 0.4, 11.0]])
    angle = 0.2
    dx, dz = 1.5, 9.0
    depth = dx * np.sin(angle) + dz * np.cos(angle)
    across = dx * np.cos(angle) - dz * np.sin(angle)
    expected = (160 + 200 * across / depth, 100 + 200 * 1.1 / depth)
    np.testing.assert_allclose(to_image(camera, to_view(camera, point))[0], expected)
    assert project_point(camera, 2.5, 0.4, 11.0) == pytest.approx((*expected, depth))


def test_a_polygon_is_cut_at_the_near_plane():
    square = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 3], [-1, 0, 3]], float)
    kept = clip_near(square)
    assert kept[:, 2].min() == pytest.approx(0.35)
    assert len(kept) == 4
    assert clip_near(square - (0, 0, 9)).shape == (0, 3)


def pixels(picture_: drawing.Picture) -> np.ndarray:
    assert picture_.truth.masks is not None
    return unpack(picture_.truth.masks, SIZE)


@pytest.mark.parametrize("seed", range(6))
def test_a_mask_is_the_pixels_somebody_changes(seed):
    rng = np.random.default_rng(seed)
    z = float(rng.uniform(4, 14))
    world = empty_street()
    alone = replace(world, people=(somebody(seed, float(rng.uniform(-0.3, 0.3)) * z, z),))
    with_person = picture(alone, masks=True)
    mask, (found,) = changed(with_person, picture(world)), pixels(with_person)
    # Edges are smooth: a pixel that is covered by less than half changes too.
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    thick, thin = (change(mask.astype(np.uint8), cross) > 0 for change in (cv2.dilate, cv2.erode))
    assert not (found & ~thick).any()
    assert (thin & ~found).sum() < 0.05 * found.sum()  # narrow gaps, such as between the legs
    assert (mask & found).sum() / (mask | found).sum() > 0.75
    box = with_person.truth.xyxy[0]
    beyond = (np.array(extent(found)) - box) * [-1, -1, 1, 1]
    assert beyond.max() <= 1
    assert beyond.min() >= -2.1


@pytest.mark.parametrize("seed", range(6))
def test_hidden_pixels_belong_to_the_nearer_one(seed):
    rng = np.random.default_rng(100 + seed)
    world = empty_street()
    offset = float(rng.uniform(-0.3, 0.3))
    far, near = somebody(seed, 1.0 + offset, 9.0), somebody(seed + 50, 1.0, 7.0)
    (silhouette,) = pixels(picture(replace(world, people=(near,)), masks=True))
    behind = picture(replace(world, people=(far,)), masks=True)
    both = picture(replace(world, people=(far, near)), masks=True)
    order = np.argsort(both.truth.xyxy[:, 3])
    hidden, seen = pixels(both)[order]
    np.testing.assert_array_equal(seen, silhouette)
    np.testing.assert_array_equal(hidden, pixels(behind)[0] & ~silhouette)
    share = hidden.sum() / pixels(behind)[0].sum()
    assert both.truth.visible[order[0]] == pytest.approx(share, abs=0.01)
    np.testing.assert_array_equal(both.truth.xyxy[order[0]], behind.truth.xyxy[0])


def test_a_car_takes_its_pixels_from_a_mask():
    world = empty_street()
    person = somebody(1, 2.5, 12.0, walks=False)
    (whole,) = pixels(picture(replace(world, people=(person,)), masks=True))
    car = Car("hatch", (150, 40, 40), 2.5, 9.0, False, False)
    (left,) = pixels(picture(replace(world, people=(person,), cars=(car,)), masks=True))
    assert not (left & ~whole).any()
    assert 0 < left.sum() < 0.7 * whole.sum()
    assert extent(left)[3] < extent(whole)[3]  # the legs are gone


def test_masks_change_nothing_else_and_are_there_when_asked_for():
    from labelnext.data import synthetic

    plain = list(synthetic.stills(3, size=(96, 128), seed=5))
    masked = list(synthetic.stills(3, size=(96, 128), seed=5, masks=True))
    options = {"size": (96, 128), "share": 0.9, "every": 7}
    plain += synthetic.video(30, **options)
    masked += synthetic.video(30, **options, masks=True)
    for one, other in zip(plain, masked, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.truth.xyxy, other.truth.xyxy)
        assert one.truth.masks is None
        if len(other.truth):
            planes = unpack(other.truth.masks, (96, 128))
            assert (planes.sum(0) <= 1).all()  # a pixel is of one person
            assert planes.any((1, 2)).all()
