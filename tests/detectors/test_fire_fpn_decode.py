"""Decoding against a loop-written reference, and its promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.common.suppress import suppress
from labelnext.detectors.fire_fpn import decode as module
from labelnext.detectors.fire_fpn.boxes import STRIDES, default_boxes
from labelnext.detectors.fire_fpn.decode import decode
from labelnext.types import Detections
from tests.reference import fire_fpn_decode as reference

BOXES = default_boxes(box_scale=0.2)
OPTIONS = {
    "boxes": BOXES, "threshold": 0.3, "min_pixels": 20, "window": 9, "smoothing": 3,
    "rank_by": "peak", "nms": None, "max_detections": 1000,
}  # fmt: skip


def _maps(seed: int, size: tuple[int, int], n_classes: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [
        rng.normal(-1, 2, (n_classes, -(-size[0] // s), -(-size[1] // s))).astype(np.float32)
        for s in STRIDES
    ]


def _decode(maps: list[np.ndarray], size: tuple[int, int], **changes: object) -> Detections:
    return decode(maps, None, size=size, **{**OPTIONS, "original": size, **changes})


def _expected(maps: list[np.ndarray], size: tuple[int, int], rank_by: str) -> list[tuple]:
    out = []
    for level, stride in enumerate(STRIDES):
        for k in range(len(maps[level])):
            p = reference.probabilities(maps[level][k].tolist(), stride, size, 3)
            for i, j, peak, support in reference.peaks(p, 0.3, 9, 20):
                w, h = BOXES[level]
                box = [j + 0.5 - w / 2, i + 0.5 - h / 2, j + 0.5 + w / 2, i + 0.5 + h / 2]
                box = [max(0.0, min(v, size[1 - n % 2])) for n, v in enumerate(box)]
                out.append((box, peak if rank_by == "peak" else support, k))
    return out


def _same(got: Detections, wanted: list[tuple]) -> None:
    assert len(got) == len(wanted)
    wanted = sorted(wanted, key=lambda entry: -entry[1])
    np.testing.assert_allclose(got.scores, [score for _, score, _ in wanted], atol=1e-5)
    mine = sorted([*box, k] for box, k in zip(got.xyxy.tolist(), got.classes, strict=True))
    theirs = sorted([*box, k] for box, _, k in wanted)
    np.testing.assert_allclose(mine, theirs, atol=1e-3)


@pytest.mark.parametrize("rank_by", ["peak", "support"])
@pytest.mark.parametrize("size", [(40, 48), (37, 29), (8, 16)])
def test_equals_the_reference(size: tuple[int, int], rank_by: str) -> None:
    found = 0
    for seed in range(3):
        maps = _maps(seed, size, n_classes=2)
        wanted = _expected(maps, size, rank_by)
        _same(_decode(maps, size, rank_by=rank_by), wanted)
        found += len(wanted)
    assert found > 3


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10_000), st.tuples(st.integers(8, 150), st.integers(8, 150)),
    st.sampled_from([0.0, 0.05, 0.3, 0.9]), st.sampled_from([(1, 1), (7, 12), (19, 100)]),
    st.sampled_from([1, 3, 5]),
)  # fmt: skip
def test_leaving_out_what_lies_low_changes_nothing(
    seed: int, size: tuple[int, int], threshold: float, window: tuple[int, int], smoothing: int
) -> None:
    rng = np.random.default_rng(seed)
    maps = [0.3 * level - 6 for level in _maps(seed, size, n_classes=2)]
    for level in maps:  # a few places where something may be
        for _ in range(int(rng.integers(0, 4))):
            y, x = (int(rng.integers(side)) for side in level.shape[1:])
            level[rng.integers(2), max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = rng.uniform(
                -3, 9
            )
    options = {
        "threshold": threshold, "window": window[0], "min_pixels": window[1],
        "smoothing": smoothing, "rank_by": str(rng.choice(["peak", "support"])),
    }  # fmt: skip
    got = _decode(maps, size, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_lively", lambda logits, *_: (slice(0, 99), slice(0, 99)))
        whole = _decode(maps, size, **options)
    for mine, theirs in zip((got.xyxy, got.scores, got.classes, got.probabilities),
                            (whole.xyxy, whole.scores, whole.classes, whole.probabilities),
                            strict=True):  # fmt: skip
        np.testing.assert_array_equal(mine, theirs)


def test_where_everything_lies_low_nothing_is_found() -> None:
    size = (40, 48)
    found = _decode([np.full_like(level, -9) for level in _maps(0, size, n_classes=2)], size)
    assert len(found) == 0
    assert found.probabilities is not None
    assert found.probabilities.shape == (0, 2)


def test_suppression_equals_the_reference() -> None:
    size = (40, 48)
    for seed in range(4):
        maps = _maps(seed, size, n_classes=2)
        loose = _decode(maps, size)
        entries = [
            (box.astype(float).tolist(), float(score), int(k))
            for box, score, k in zip(loose.xyxy, loose.scores, loose.classes, strict=True)
        ]
        kept = reference.keep_apart(entries, 0.2)
        assert len(kept) < len(entries)
        _same(_decode(maps, size, nms=0.2), kept)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0.05, 1))
def test_promises(seed: int, threshold: float, nms: float) -> None:
    size, original = (24, 40), (48, 80)
    maps = _maps(seed, size, n_classes=2)
    got = _decode(maps, size, original=original, threshold=threshold, nms=nms)
    assert (np.diff(got.scores) <= 0).all()
    assert (got.scores > threshold).all()
    assert (got.xyxy >= 0).all()
    assert (got.xyxy <= [80, 48, 80, 48]).all()
    assert (got.xyxy[:, 2:] > got.xyxy[:, :2]).all()
    assert got.probabilities is not None
    own = got.probabilities[np.arange(len(got)), got.classes]
    np.testing.assert_allclose(own, got.scores)
    for a in range(len(got)):
        for b in range(a):
            if got.classes[a] == got.classes[b]:
                one, two = got.xyxy[a].astype(float).tolist(), got.xyxy[b].astype(float).tolist()
                assert reference.iou(one, two) <= nms + 1e-6
    fewer = _decode(maps, size, original=original, threshold=threshold, nms=nms, max_detections=2)
    np.testing.assert_array_equal(fewer.xyxy, got.xyxy[:2])


def test_support_scores_sweep_like_the_threshold() -> None:
    """Boxes of support above t are those that decoding with the threshold t gives."""
    size = (40, 48)
    maps = _maps(5, size)
    every = _decode(maps, size, threshold=0.05, rank_by="support")
    for t in (0.1, 0.2, 0.3, 0.5):
        assert len(_decode(maps, size, threshold=t)) == int((every.scores > t).sum())


def test_a_plateau_counts_once_at_its_middle() -> None:
    maps = [np.full((1, 6, 6), -20, np.float32) for _ in range(4)]
    maps.append(np.full((1, 12, 12), -20, np.float32))
    maps[3][0] = 20.0
    got = _decode(maps, (48, 48))
    assert len(got) == 1
    centre = (got.xyxy[0, :2] + got.xyxy[0, 2:]) / 2
    assert np.abs(centre - 24).max() <= 1


def test_nothing_above_the_threshold_keeps_its_shape() -> None:
    got = _decode([np.full_like(m, -30) for m in _maps(0, (16, 16), 3)], (16, 16))
    assert got.xyxy.shape == (0, 4)
    assert got.probabilities is not None
    assert got.probabilities.shape == (0, 3)


def test_offsets_move_and_resize_the_box() -> None:
    maps = [np.full((1, 6, 6), -20, np.float32) for _ in range(4)]
    maps.append(np.full((1, 12, 12), -20, np.float32))
    maps[1][0, 2, 3] = 8.0
    offsets = [np.zeros((4, *m.shape[1:]), np.float32) for m in maps]
    x, y = 3.5 * 8, 2.5 * 8
    w, h = BOXES[1]
    for i in range(6):
        for j in range(6):  # every cell points to the same box, as after perfect training
            offsets[1][:, i, j] = [
                (30 - (j + 0.5) * 8) / w, (17 - (i + 0.5) * 8) / h,
                np.log(12 / w), np.log(20 / h),
            ]  # fmt: skip
    plain = _decode(maps, (48, 48), min_pixels=1)
    moved = decode(maps, offsets, size=(48, 48), original=(48, 48), **{**OPTIONS, "min_pixels": 1})
    # The default box reaches over the upper edge, so its centre is told by its lower one.
    centre = [plain.xyxy[0, [0, 2]].mean(), plain.xyxy[0, 3] - h / 2]
    np.testing.assert_allclose(centre, [x, y], atol=0.6)
    np.testing.assert_allclose(moved.xyxy[0], [24, 7, 36, 27], atol=1e-3)


def test_suppress_keeps_other_classes_and_stops_at_the_limit() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], float)
    classes = np.array([0, 1, 0, 0])
    assert suppress(boxes, classes, 0.5, 10).tolist() == [0, 1, 3]
    assert suppress(boxes, classes, 0.5, 2).tolist() == [0, 1]
    assert suppress(boxes, classes, 1.0, 10).tolist() == [0, 1, 2, 3]
    assert suppress(boxes[:0], classes[:0], 0.5, 10).tolist() == []
