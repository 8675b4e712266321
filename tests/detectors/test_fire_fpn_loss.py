"""The sampled loss: what is asked, how often, and its value."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.fire_fpn.loss import (  # noqa: E402
    classification_loss,
    offset_loss,
    sample_entries,
)


def _labels(positives: int, entries: int, excluded: int = 0) -> np.ndarray:
    labels = np.zeros((1, 1, entries), np.int8)
    labels[..., :positives] = 1
    labels[..., entries - excluded :] = -1
    return labels


@pytest.mark.parametrize(("positives", "expected"), [(0, 1500), (40, 1500), (200, 3000)])
def test_negatives_follow_the_ratio(positives: int, expected: int) -> None:
    rng = np.random.default_rng(0)
    labels = _labels(positives, 20_000 + positives)
    counts = []
    for _ in range(50):
        kept = sample_entries(labels, n2p=15, rng=rng)
        assert kept[labels == 1].all()
        counts.append(int(kept[labels == 0].sum()))
    share = expected / (20_000 + positives)
    spread = math.sqrt(20_000 * share * (1 - share) / 50)
    assert abs(np.mean(counts) - 20_000 * share) < 5 * spread


@given(st.integers(0, 50), st.integers(0, 100), st.floats(0, 100))
def test_excluded_entries_are_never_asked(positives: int, excluded: int, n2p: float) -> None:
    labels = _labels(positives, 200, excluded)
    kept = sample_entries(labels, n2p=n2p, rng=np.random.default_rng(0))
    assert not kept[labels == -1].any()
    assert kept[labels == 1].all()
    if n2p * 100 >= 200:
        assert kept[labels == 0].all()


def test_cross_entropy_in_plain_loops() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (2, 3, 40)).astype(np.float32)
    labels = rng.integers(-1, 2, (2, 3, 40)).astype(np.int8)
    kept = (labels >= 0) & (rng.random(labels.shape) < 0.5)
    total = 0.0
    for at in np.ndindex(labels.shape):
        if kept[at]:
            p = 1 / (1 + math.exp(-float(logits[at])))
            total -= math.log(p if labels[at] == 1 else 1 - p)
    got = classification_loss(torch.from_numpy(logits), labels, kept, total=int(kept.sum()))
    assert float(got) == pytest.approx(total / kept.sum(), rel=1e-5)


def test_cross_entropy_of_huge_logits_stays_finite() -> None:
    labels = np.array([[[1, 0]]], np.int8)
    logits = torch.tensor([[[-1e4, 1e4]]])
    got = classification_loss(logits, labels, np.ones((1, 1, 2), bool), total=2)
    assert float(got) == pytest.approx(1e4)


def test_offset_loss_in_plain_loops() -> None:
    rng = np.random.default_rng(2)
    offsets = rng.normal(0, 0.2, (2, 4, 30)).astype(np.float32)
    wanted = rng.normal(0, 0.2, (2, 30, 4)).astype(np.float32)
    positive = rng.random((2, 30)) < 0.3
    total = 0.0
    for n, cell in np.argwhere(positive):
        for k in range(4):
            d = abs(float(offsets[n, k, cell]) - float(wanted[n, cell, k]))
            total += 0.5 * d * d / 0.1 if d < 0.1 else d - 0.05
    got = offset_loss(
        torch.from_numpy(offsets), torch.from_numpy(wanted), positive, total=int(positive.sum())
    )
    assert float(got) == pytest.approx(total / positive.sum(), rel=1e-4)


def test_nothing_asked_is_zero_with_a_gradient() -> None:
    logits = torch.zeros((1, 1, 4), requires_grad=True)
    nothing = np.zeros((1, 1, 4), bool)
    loss = classification_loss(logits, np.full((1, 1, 4), -1, np.int8), nothing, total=0)
    loss.backward()
    assert float(loss.detach()) == 0
    assert logits.grad is not None
    assert (logits.grad == 0).all()
