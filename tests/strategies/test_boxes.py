"""Strategies over boxes run without dense maps, and leave empty images for last."""

import numpy as np
import pytest

from labelnext import plugins
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.evidence import Evidence
from labelnext.scores import boxes
from labelnext.types import Detections, Prediction

SCORES = {
    "box-entropy": boxes.box_entropy,
    "box-margin": boxes.box_margin,
    "box-least-confidence": boxes.box_least_confidence,
}


def seen(*scores):
    n = len(scores)
    return Prediction(
        None,
        Detections(np.zeros((n, 4), np.float32), np.array(scores, np.float32),
                   np.zeros(n, np.int64)),
    )  # fmt: skip


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("aggregate", ["max", "mean", "sum"])
def test_an_image_score_is_the_aggregated_box_score(name, aggregate):
    strategy = plugins.load("strategies", name)(box_aggregate=aggregate, min_score=0.2)
    prediction = seen(0.9, 0.6, 0.1)
    expected = SCORES[name](prediction.detections, aggregation=aggregate, min_score=0.2)
    assert strategy.score(Evidence((64, 64), prediction)).score == expected
    assert strategy.pixel_scores(Evidence((64, 64), prediction)) is None
    assert strategy.score(Evidence((64, 64), seen())).score is None


def test_wrong_values_are_refused_before_anything_is_scored():
    build = plugins.load("strategies", "box-entropy")
    for name, value in (("box_aggregate", "median"), ("min_score", 2), ("activation", "tanh")):
        with pytest.raises(ArgumentError, match=name):
            build(**{name: value})


def test_softmax_needs_class_vectors():
    strategy = plugins.load("strategies", "box-entropy")(activation="softmax")
    with pytest.raises(LabelnextError, match="class vector") as caught:
        strategy.score(Evidence((64, 64), seen(0.5)))
    assert not isinstance(caught.value, ArgumentError)  # the first image ends the job
    assert strategy.score(Evidence((64, 64), seen())).score is None
