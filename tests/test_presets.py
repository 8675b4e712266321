"""Presets hold what PAPER.md says, cannot be changed, and fit the functions they are for."""

import inspect
import json

import pytest

from labelnext import aggregate, evaluate, presets, scores, select
from labelnext.errors import ArgumentError


def test_the_default_is_corrected():
    assert presets.get() is presets.get("corrected")
    assert presets.names() == ["corrected", "authors-code", "plus"]


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ArgumentError, match=r"'corrected', 'authors-code'.*'authors'"):
        presets.get("authors")


@pytest.mark.parametrize("name", presets.names())
def test_arguments_fit_their_functions(name):
    preset = presets.get(name)
    for function, arguments in (
        (scores.local_divergence, preset.score),
        (aggregate.region_max_mean, preset.aggregate),
        (select.smooth, preset.smooth),
        (select.temporal, preset.temporal),
        (select.guided_random, preset.temporal),
        (evaluate.evaluate, preset.evaluate),
    ):
        assert set(arguments) <= set(inspect.signature(function).parameters)


def test_corrected_is_what_the_functions_do_by_default():
    preset = presets.get("corrected")
    for function, arguments in (
        (scores.local_divergence, preset.score),
        (aggregate.region_max_mean, preset.aggregate),
        (select.smooth, preset.smooth),
        (select.temporal, preset.temporal),
        (select.guided_random, preset.temporal),
    ):
        parameters = inspect.signature(function).parameters
        assert {k: parameters[k].default for k in arguments} == dict(arguments)


def test_what_the_authors_code_does_differently():
    corrected, authors = presets.get("corrected"), presets.get("authors-code")
    assert (corrected.score["radius"], authors.score["radius"]) == (9, 4)
    assert (corrected.stochastic["samples"], authors.stochastic["samples"]) == (30, 15)
    assert (corrected.aggregate["tiling"], authors.aggregate["tiling"]) == ("tiles", "centred")
    assert (corrected.smooth["ends"], authors.smooth["ends"]) == ("renormalise", "zero")
    assert (corrected.temporal["window"], authors.temporal["window"]) == ("symmetric", "slice")
    assert not corrected.off_by_one
    assert authors.off_by_one
    for room in ("smooth", "temporal"):
        assert not getattr(corrected, room)["across_videos"]
        assert getattr(authors, room)["across_videos"]


def test_arguments_cannot_be_changed_and_can_be_recorded():
    preset = presets.get()
    with pytest.raises(TypeError):
        preset.score["radius"] = 1
    assert json.loads(json.dumps(dict(preset.smooth))) == dict(preset.smooth)


@pytest.mark.parametrize("name", presets.names())
def test_arguments_fit_the_detector(name):
    pytest.importorskip("torch", reason="the detector needs the optional dependencies [torch]")
    from labelnext.detectors.common.arguments import build
    from labelnext.detectors.fire_fpn import FireFPN
    from labelnext.detectors.fire_fpn.options import FitOptions

    preset = presets.get(name)
    detector = FireFPN.create(["person"], seed=0, width=0.1, **preset.detector, **preset.decode)
    assert detector.classes == ("person",)
    options = build(FitOptions, preset.fit, "fire-fpn's fit")
    assert (options.epochs, options.n2p) == (50, 15)
    assert options.weight_decay == (0.01 if name == "plus" else 2e-6)


def test_corrected_is_the_detectors_default():
    pytest.importorskip("torch", reason="the detector needs the optional dependencies [torch]")
    from labelnext.detectors.fire_fpn.options import Arguments, FitOptions

    preset = presets.get("corrected")
    assert Arguments() == Arguments(**preset.detector, **preset.decode)
    assert FitOptions() == FitOptions(**preset.fit)


def test_plus_is_corrected_but_for_its_detector():
    corrected, plus = presets.get("corrected"), presets.get("plus")
    for room in ("score", "stochastic", "aggregate", "smooth", "temporal", "evaluate"):
        assert getattr(plus, room) == getattr(corrected, room)
    assert plus.detector["box_offsets"]
    assert not corrected.detector["box_offsets"]
    assert not set(corrected.fit) & {"shared_levels", "optimiser", "scale_jitter", "pad_to"}
