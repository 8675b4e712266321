"""Changed images: a marked box must land on the marked pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores import views
from tests.reference import scores_views as reference

BOXES = [(3, 5, 11, 9), (0, 0, 6, 6), (30, 20, 40, 32), (17, 2, 19, 30)]
SIZE = (32, 40)


def marked(box, size=SIZE):
    """White inside the box, black elsewhere."""
    image = np.zeros((*size, 3), np.uint8)
    x1, y1, x2, y2 = box
    image[y1:y2, x1:x2] = 255
    return image


def lit(image):
    """The box around the pixels that are more white than black."""
    y, x = np.nonzero(image[..., 0] > 127)
    return [x.min(), y.min(), x.max() + 1, y.max() + 1]


def mapped(box, changed):
    return views.map_boxes(np.array([box], np.float64), changed.matrix, changed.image.shape[:2])[0]


@pytest.mark.parametrize("box", BOXES)
def test_mirror_lands_on_the_pixels_exactly(box):
    changed = views.mirror(marked(box))
    np.testing.assert_array_equal(mapped(box, changed), lit(changed.image))
    np.testing.assert_array_equal(views.mirror(changed.image).image, marked(box))


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("factor", [2, 3, 0.5, 1])
def test_resize_by_whole_factors_lands_on_the_pixels(box, factor):
    box = tuple(2 * c for c in box)
    image = marked(box, (64, 80))
    changed = views.resize(image, factor)
    assert changed.image.shape == (round(64 * factor), round(80 * factor), 3)
    np.testing.assert_allclose(mapped(box, changed), lit(changed.image), atol=1e-9)


@pytest.mark.parametrize("factor", [0.8, 0.77, 1.3])
def test_resize_by_other_factors_lands_within_half_a_pixel(factor):
    for box in BOXES:
        changed = views.resize(marked(box), factor)
        np.testing.assert_allclose(mapped(box, changed), lit(changed.image), atol=0.51)


@pytest.mark.parametrize("factor", [0.8, 0.6, 1.7])
def test_resize_does_not_shift(factor):
    """The centre of brightness moves as the matrix says, to a hundredth of a pixel."""
    y, x = np.mgrid[:64, :80] + 0.5
    blob = 250 * np.exp(-((x - 33.3) ** 2 + (y - 27.1) ** 2) / 50)
    image = np.repeat(np.rint(blob).astype(np.uint8)[..., None], 3, axis=2)
    changed = views.resize(image, factor)
    np.testing.assert_allclose(
        centre(changed.image), changed.matrix @ [*centre(image), 1], atol=0.02
    )


@pytest.mark.parametrize("degrees", [5, -5, 30, 77])
def test_rotate_does_not_shift(degrees):
    y, x = np.mgrid[:64, :80] + 0.5
    blob = 250 * np.exp(-((x - 45.3) ** 2 + (y - 27.1) ** 2) / 30)
    image = np.repeat(np.rint(blob).astype(np.uint8)[..., None], 3, axis=2)
    changed = views.rotate(image, degrees)
    np.testing.assert_allclose(
        centre(changed.image), changed.matrix @ [*centre(image), 1], atol=0.05
    )


def centre(image):
    weight = image[..., 0].astype(float)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


@pytest.mark.parametrize("box", [(12, 9, 15, 16), (10, 10, 30, 22)])
def test_quarter_turns_land_on_the_pixels_exactly(box):
    image = marked(box, (40, 40))
    for quarter in range(4):
        changed = views.rotate(image, 90 * quarter)
        np.testing.assert_array_equal(changed.image, np.rot90(image, quarter))
        np.testing.assert_allclose(mapped(box, changed), lit(changed.image), atol=1e-9)


def test_rotate_turns_counter_clockwise_as_seen_and_keeps_the_size():
    right = marked((30, 15, 34, 17))
    changed = views.rotate(right, 30)
    assert changed.image.shape == right.shape
    assert centre(changed.image)[1] < 16 < centre(right)[0]


def test_noise_has_its_deviation_and_moves_nothing():
    image = np.full((200, 200, 3), 128, np.uint8)
    changed = views.noise(image, sigma=8, rng=np.random.default_rng(0))
    difference = changed.image.astype(float) - 128
    assert difference.std() == pytest.approx(8, rel=0.02)
    assert abs(difference.mean()) < 0.1
    assert (image == 128).all()
    np.testing.assert_array_equal(mapped(BOXES[0], changed), BOXES[0])
    silent = views.noise(image, sigma=0, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(silent.image, image)


def test_noise_stays_within_a_byte():
    image = np.zeros((50, 50, 3), np.uint8)
    image[:25] = 255
    changed = views.noise(image, sigma=48, rng=np.random.default_rng(0)).image
    assert changed[25:].max() < 255
    assert changed[:25].min() > 0


def test_randomness_comes_from_the_generator_alone():
    image = marked((5, 5, 25, 25))
    boxes = np.array([(5, 5, 25, 25)], np.float32)
    for change in (
        lambda rng: views.noise(image, sigma=8, rng=rng),
        lambda rng: views.cut_out(image, boxes=boxes, rng=rng),
    ):
        one, two, other = (change(np.random.default_rng(s)).image for s in (0, 0, 1))
        np.testing.assert_array_equal(one, two)
        assert (one != other).any()


@given(seed=st.integers(0, 200), boxes=st.lists(st.sampled_from(BOXES), max_size=3))
def test_a_cut_out_never_hides_a_whole_box(seed, boxes):
    image = np.full((*SIZE, 3), 200, np.uint8)
    changed = views.cut_out(
        image,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        rng=np.random.default_rng(seed),
        share=(0.1, 0.6),
    )
    hidden = changed.image[..., 0] == 0
    shares = [hidden[y1:y2, x1:x2].mean() for x1, y1, x2, y2 in boxes]
    assert all(share <= 0.4 for share in shares)
    assert hidden.any() <= bool(boxes)
    if hidden.any():
        assert max(shares) >= 0.1
    np.testing.assert_array_equal(changed.matrix, [[1, 0, 0], [0, 1, 0]])


def test_cut_outs_are_made_where_they_can_be():
    image = np.full((*SIZE, 3), 200, np.uint8)
    box = np.array([(2, 2, 38, 30)], np.float64)
    counts = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        hidden = views.cut_out(image, boxes=box, rng=rng, share=(0.33, 0.36)).image[..., 0] == 0
        counts.append(hidden.sum() / (13.8 * 11))
    assert np.mean(counts) > 1.2  # two, which may overlap
    none = views.cut_out(image, boxes=box, rng=np.random.default_rng(0), cuts=0)
    np.testing.assert_array_equal(none.image, image)


@given(
    box=st.sampled_from(BOXES),
    numbers=st.lists(st.integers(-8, 8), min_size=6, max_size=6),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_boxes_are_mapped_like_the_reference(box, numbers, size):
    matrix = [[v / 4 for v in numbers[:3]], [v / 4 for v in numbers[3:]]]
    got = views.map_boxes(np.array([box], np.float32), np.array(matrix), size)
    np.testing.assert_allclose(got, [reference.map_box(box, matrix, size)], atol=1e-9)


def test_a_box_that_left_the_image_has_no_area():
    away = np.array([[1, 0, 100.0], [0, 1, 0]])
    x1, y1, x2, y2 = views.map_boxes(np.array([BOXES[0]], np.float64), away, SIZE)[0]
    assert (x2 - x1) * (y2 - y1) == 0
    assert views.map_boxes(np.zeros((0, 4)), away, SIZE).shape == (0, 4)


IMAGE = marked(BOXES[0])


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: views.mirror(IMAGE[..., 0]), "'image' argument of mirror"),
        (lambda: views.mirror(IMAGE.astype(np.float32)), "uint8 image"),
        (lambda: views.mirror(IMAGE[:0]), "non-empty"),
        (lambda: views.noise(IMAGE, sigma=-1, rng=np.random.default_rng(0)), "'sigma'"),
        (lambda: views.noise(IMAGE, sigma=np.nan, rng=np.random.default_rng(0)), "'sigma'"),
        (lambda: views.resize(IMAGE, 0), "'factor'"),
        (lambda: views.rotate(IMAGE, np.inf), "'degrees'"),
        (
            lambda: views.cut_out(IMAGE, boxes=np.full((1, 4), np.nan), rng=None),
            "'boxes' argument of cut_out",
        ),
        (lambda: views.cut_out(IMAGE, boxes=np.zeros((0, 4)), rng=None, most=1), "'most'"),
        (lambda: views.cut_out(IMAGE, boxes=np.zeros((0, 4)), rng=None, share=(0.5, 0.2)), "share"),
        (lambda: views.cut_out(IMAGE, boxes=np.zeros((0, 4)), rng=None, cuts=1.5), "'cuts'"),
        (lambda: views.map_boxes(np.full((1, 4), np.nan), np.zeros((2, 3)), SIZE), "'xyxy'"),
        (lambda: views.map_boxes(np.zeros((1, 4)), np.full((2, 3), np.nan), SIZE), "'matrix'"),
        (lambda: views.map_boxes(np.zeros((1, 4)), np.zeros((2, 3)), (0, 3)), "'size'"),
    ],
)
def test_bad_arguments(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()
