"""`FireFPN` behind the protocols: predict, sample, fit, save, load."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.fire_fpn import FireFPN  # noqa: E402
from labelnext.errors import ArgumentError  # noqa: E402
from labelnext.protocols import Detector, Stochastic, Trainable  # noqa: E402
from labelnext.types import Example, GroundTruth  # noqa: E402

SMALL = {"width": 0.125, "box_scale": 0.5}


def street(seed: int, *, size: tuple[int, int] = (96, 120), persons: int = 2) -> Example:
    """A grey image with dark, textured upright rectangles."""
    rng = np.random.default_rng(seed)
    image = rng.integers(110, 190, (*size, 3)).astype(np.uint8)
    boxes = []
    for k in range(persons):
        x, y = 12 + 50 * k + int(rng.integers(0, 20)), int(rng.integers(5, 20))
        image[y : y + 70, x : x + 34] = rng.integers(0, 60, (70, 34, 3))
        boxes.append([x, y, x + 34, y + 70])
    return Example(f"street-{seed}", lambda: image, GroundTruth.from_boxes(boxes))


@pytest.fixture
def detector() -> FireFPN:
    return FireFPN.create(["person"], seed=0, **SMALL)


def test_satisfies_the_protocols(detector: FireFPN) -> None:
    assert isinstance(detector, Detector)
    assert isinstance(detector, Stochastic)
    assert isinstance(detector, Trainable)


def test_maps_cover_the_network_input_and_boxes_the_image() -> None:
    detector = FireFPN.create(["a", "b"], seed=1, image_scale=0.5, threshold=0.0, **SMALL)
    image = np.random.default_rng(0).integers(0, 255, (101, 150, 3), dtype=np.uint8)
    prediction = detector.predict([image])[0]
    maps = prediction.maps
    assert maps is not None
    assert maps.image_size == (50, 75)
    assert [level.stride for level in maps.levels] == [8, 8, 8, 8, 4]
    assert [level.logits.shape for level in maps.levels] == [(2, 7, 10)] * 4 + [(2, 13, 19)]
    boxes = prediction.detections.xyxy
    assert len(boxes)
    assert boxes.min() >= 0
    assert boxes[:, 2].max() <= 150
    assert boxes[:, 3].max() <= 101
    assert boxes[:, 2].max() > 75
    embedding = prediction.embedding
    assert embedding is not None
    np.testing.assert_allclose(np.linalg.norm(embedding.reshape(2, -1), axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("norm", ["instance", "running", "batch"])
@pytest.mark.parametrize("predict_batch", [0, 4])
def test_single_equals_batched(norm: str, predict_batch: int) -> None:
    detector = FireFPN.create(
        ["person"], seed=1, norm=norm, predict_batch=predict_batch, box_offsets=True, **SMALL
    )
    images = [street(s, size=size).load() for s, size in enumerate([(96, 120), (99, 125)] * 3)]
    together = detector.predict(images)
    for image, both in zip(images, together, strict=True):
        alone = detector.predict([image])[0]
        assert alone.maps is not None
        assert both.maps is not None
        for a, b in zip(alone.maps.levels, both.maps.levels, strict=True):
            np.testing.assert_allclose(a.logits, b.logits, rtol=1e-3, atol=3e-5)
        np.testing.assert_allclose(alone.embedding, both.embedding, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (8, 8), (17, 9)])
def test_tiny_images(detector: FireFPN, size: tuple[int, int]) -> None:
    prediction = detector.predict([np.full((*size, 3), 90, np.uint8)])[0]
    assert prediction.maps is not None
    assert prediction.maps.image_size == size
    assert all(np.isfinite(level.logits).all() for level in prediction.maps.levels)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_other_images_are_refused(detector: FireFPN, image: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match=r"images.*uint8.*Got image 1 with shape"):
        detector.predict([np.zeros((8, 8, 3), np.uint8), image])


def test_no_images_give_no_predictions(detector: FireFPN) -> None:
    assert detector.predict([]) == []
    assert detector.sample([], samples=2, rng=np.random.default_rng(0)) == []


def test_same_seed_same_weights() -> None:
    one, two, three = (FireFPN.create(["p"], seed=s, **SMALL) for s in (3, 3, 4))
    assert one.fingerprint() == two.fingerprint() != three.fingerprint()


def test_fingerprint_follows_what_changes_predictions_only() -> None:
    base = FireFPN.create(["p"], seed=0, **SMALL).fingerprint()
    assert FireFPN.create(["p"], seed=0, device="cpu", **SMALL).fingerprint() == base
    assert FireFPN.create(["p"], seed=0, predict_batch=3, **SMALL).fingerprint() == base
    assert FireFPN.create(["p"], seed=0, threshold=0.4, **SMALL).fingerprint() != base
    assert FireFPN.create(["q"], seed=0, **SMALL).fingerprint() != base


@pytest.mark.parametrize(
    ("argument", "value"),
    [("width", 0), ("norm", "layer"), ("window", 18), ("nms", 2.0), ("min_pixels", 1000),
     ("image_scale", float("nan")), ("colour", 1), ("device", "abacus")],
)  # fmt: skip
def test_unfit_arguments_are_named(argument: str, value: object) -> None:
    with pytest.raises(ArgumentError, match=argument):
        FireFPN.create(["p"], seed=0, **{argument: value})


@pytest.mark.parametrize("classes", [[], ["a", "a"], "person"])
def test_unfit_classes_are_refused(classes: object) -> None:
    with pytest.raises(ArgumentError, match="classes"):
        FireFPN.create(classes, seed=0)


def mirrored_logits(detector: FireFPN, image: np.ndarray) -> list[np.ndarray]:
    maps = detector.predict([np.ascontiguousarray(image[:, ::-1])])[0].maps
    assert maps is not None
    return [level.logits[:, :, ::-1] for level in maps.levels]


def test_mirrored_evaluation_sees_an_image_and_its_mirror_image_alike() -> None:
    image = street(5).load()
    detector = FireFPN.create(["p"], seed=0, mirror=True, box_offsets=True, **SMALL)
    maps = detector.predict([image])[0].maps
    assert maps is not None
    for level, other in zip(maps.levels, mirrored_logits(detector, image), strict=True):
        np.testing.assert_allclose(level.logits, other, atol=1e-5)
    plain = FireFPN.create(["p"], seed=0, **SMALL)
    both = plain.predict([image])[0].maps
    assert both is not None
    for level, one, two in zip(
        maps.levels, both.levels, mirrored_logits(plain, image), strict=True
    ):
        np.testing.assert_allclose(level.logits, (one.logits + two) / 2, atol=1e-5)


def test_the_wrong_axis_of_the_authors_is_another_answer() -> None:
    image = street(5).load()
    wrong = FireFPN.create(["p"], seed=0, mirror=True, mirror_axis="height", **SMALL)
    plain = FireFPN.create(["p"], seed=0, **SMALL)
    one, flipped = plain.predict([image, np.ascontiguousarray(image[:, ::-1])])
    got = wrong.predict([image])[0].maps
    assert got is not None
    assert one.maps is not None
    assert flipped.maps is not None
    for level, a, b in zip(got.levels, one.maps.levels, flipped.maps.levels, strict=True):
        np.testing.assert_allclose(level.logits, (a.logits + b.logits[:, ::-1]) / 2, atol=1e-5)


def test_sample_without_dropout_repeats_predict() -> None:
    detector = FireFPN.create(["a", "b"], seed=0, sample_keep=1.0, **SMALL)
    images = [street(1).load(), street(2, size=(96, 80), persons=1).load()]
    drawn = detector.sample(images, samples=3, rng=np.random.default_rng(0))
    for maps, prediction in zip(drawn, detector.predict(images), strict=True):
        assert len(maps) == 3
        assert prediction.maps is not None
        for one in maps:
            assert one.image_size == prediction.maps.image_size
            for a, b in zip(one.levels, prediction.maps.levels, strict=True):
                np.testing.assert_allclose(a.logits, b.logits, atol=1e-5)


def test_samples_follow_the_generator_and_not_the_company(detector: FireFPN) -> None:
    images = [street(s, size=size).load() for s, size in enumerate([(96, 120), (91, 117)] * 2)]
    rng = np.random.default_rng(7)
    alone = [detector.sample([image], samples=4, rng=rng)[0] for image in images]
    together = detector.sample(images, samples=4, rng=np.random.default_rng(7))
    other = detector.sample(images, samples=4, rng=np.random.default_rng(8))
    for a, b, c in zip(alone, together, other, strict=True):
        stacks = [np.stack([one.levels[4].logits for one in draws]) for draws in (a, b, c)]
        np.testing.assert_allclose(stacks[0], stacks[1], atol=1e-6)
        assert not np.allclose(stacks[0], stacks[2])
    draws = np.stack([one.levels[0].logits for one in together[0]])
    assert draws.std(0).min() > 0


def test_samples_average_to_the_prediction(detector: FireFPN) -> None:
    image = street(3).load()
    drawn = detector.sample([image], samples=4000, rng=np.random.default_rng(0))[0]
    maps = detector.predict([image])[0].maps
    assert maps is not None
    for level in range(5):
        draws = np.stack([one.levels[level].logits for one in drawn])
        error = draws.std(0) / np.sqrt(len(draws))
        assert (np.abs(draws.mean(0) - maps.levels[level].logits) < 6 * error + 1e-4).all()


def test_the_share_to_drop_may_be_set_for_a_draw(detector: FireFPN) -> None:
    """Half dropped is what a detector with a keep probability of .5 does; 0 drops nothing."""
    image = street(4).load()
    half = FireFPN.create(["a", "b"], seed=0, sample_keep=0.5, **SMALL)
    one = FireFPN.create(["a", "b"], seed=0, sample_keep=0.9, **SMALL)
    asked = one.sample([image], samples=3, rng=np.random.default_rng(1), dropout=0.5)[0]
    own = half.sample([image], samples=3, rng=np.random.default_rng(1))[0]
    maps = one.predict([image])[0].maps
    none = one.sample([image], samples=1, rng=np.random.default_rng(1), dropout=0.0)[0][0]
    assert maps is not None
    for level in range(5):
        for a, b in zip(asked, own, strict=True):
            np.testing.assert_array_equal(a.levels[level].logits, b.levels[level].logits)
        np.testing.assert_allclose(none.levels[level].logits, maps.levels[level].logits, atol=1e-5)
    with pytest.raises(ArgumentError, match="dropout"):
        detector.sample([image], samples=1, rng=np.random.default_rng(0), dropout=1.0)


def test_no_draws_are_refused(detector: FireFPN) -> None:
    with pytest.raises(ArgumentError, match="samples"):
        detector.sample([], samples=0, rng=np.random.default_rng(0))
