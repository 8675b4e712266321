import pytest

from labelnext.errors import ArgumentError
from labelnext.oracles import SimulatedOracle
from labelnext.protocols import Oracle
from labelnext.types import GroundTruth, ImageRecord
from tests.oracles.folders import no_boxes

TRUTH = {key: GroundTruth.from_boxes([[0, 0, 5, n]]) for n, key in enumerate("abc", 1)}


def truth_of(keys):
    return {key: TRUTH[key] for key in keys if key in TRUTH}


def record(key):
    return ImageRecord(key, f"{key}.png", 10, 10)


def test_answers_what_was_asked_in_the_order_of_asking():
    oracle = SimulatedOracle(truth_of)
    assert isinstance(oracle, SimulatedOracle)
    asked: Oracle = oracle
    asked.request([record("c"), record("a")], [no_boxes()] * 2)
    asked.request([record("c")], [no_boxes()])
    assert list(asked.collect()) == ["c", "a"]
    assert asked.collect()["a"] is TRUTH["a"]


def test_nothing_asked_and_nothing_known():
    oracle = SimulatedOracle(truth_of)
    assert oracle.collect() == {}
    oracle.request([record("unlabelled")], [no_boxes()])
    assert oracle.collect() == {}


def test_goes_on_from_keys_that_were_asked_before():
    assert list(SimulatedOracle(truth_of, ["b"]).collect()) == ["b"]


def test_one_prelabel_an_image():
    with pytest.raises(ArgumentError, match="prelabels"):
        SimulatedOracle(truth_of).request([record("a")], [])
