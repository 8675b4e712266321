"""Every argument of every strategy matters, and an unfit value is refused at once."""

from dataclasses import replace
from functools import cache

import pytest

from labelnext.errors import ArgumentError
from labelnext.strategies import boxes
from labelnext.strategies.arguments import SELECTION
from tests.strategies.pools import NAMES, Case, build, pool_for

every = pytest.mark.parametrize("name", NAMES)


def outcome(strategy, pool, budget=6):
    """Everything that can be seen of a strategy: what it keeps, needs and picks."""
    chosen = Case(strategy, pool).select(budget)
    needs = replace(strategy.needs, views=())
    kept = [rows.tolist() for rows in pool.vectors.values()]
    kept_boxes = [None if rows is None else rows.tolist() for rows in pool.boxes]
    views = len(strategy.needs.views)
    return str((needs, views, pool.scores.tolist(), kept, kept_boxes, chosen.picks,
                chosen.blocked.tolist()))  # fmt: skip


@every
def test_no_argument_is_without_effect(name):
    strategy = build(name)
    for argument in strategy.arguments:
        assert _has_effect(name, argument), f"{name}: {argument} changes nothing"


# Another value for each argument, and what else must be set for it to matter.
_LIKENESS = {"similar": "embedding", "similar_threshold": 0.9}
OTHERWISE: dict[str, tuple[object, dict[str, object]]] = {
    "resolution": ("native", {}),
    "across_videos": (True, {}), "aggregate": ("mean", {}), "box_aggregate": ("sum", {}),
    "activation": ("softmax", {}), "min_score": (0.9, {}), "region": (3, {}),
    "tiling": ("centred", {"region": 5}), "radius": (1, {}), "smooth": (False, {}),
    "smooth_radius": (1, {}), "smooth_sigma": (0.5, {}), "smooth_ends": ("zero", {}),
    "off_by_one": (True, {}), "cost_exponent": (0.5, {}), "temporal": (False, {}),
    "within_cycle": (3, {}), "across_cycles": (3, {}),
    "window": ("slice", {"within_cycle": 2, "across_cycles": 2}),
    "unit": ("seconds", {"within_cycle": 2, "across_cycles": 2}),
    "similar": ("embedding", {}), "similar_threshold": (-1, {**_LIKENESS}),
    "class_weighted": (True, {}), "oversample": (1.0, {}), "base": ("box-margin", {}),
    "factor": (1.0, {}), "diversity": ("k-means", {}), "quotas": (False, {}),
    "samples": (5, {}), "dropout": (0.5, {}), "checkpoints": ("*.safetensors", {}),
    "rounds": (1, {}), "levels": (2, {}), "sigma": (20.0, {}), "combine": (False, {}),
    "beta": (0.4, {}), "delta": (2.0, {}), "scale": (0.5, {}), "degrees": (45.0, {}),
    "cuts": (0, {}), "enms": (-0.9, {}), "intra": (-0.9, {}), "inter": (0.9, {}),
    "alpha": (1.0, {}), "min_side": (20.0, {}), "max_aspect": (1.2, {}), "exponent": (0.1, {}),
    "momentum": (0.1, {}), "max_boxes": (1, {}), "steps": (0, {}), "threshold": (0.6, {}),
    "support_window": (3, {}), "folds": (1, {}), "ridge": (50.0, {}),
}  # fmt: skip


# Arguments of ranking and taking alone: what is kept of each image does not depend on them.
_AFTER_SCORING = set(SELECTION) - {"similar", "similar_threshold", "cost_exponent"}


@cache
def _plain(name, others, seed):
    plain = build(name, **dict(others))
    return plain, pool_for(plain, n=15, seed=seed)


def _has_effect(name, argument):
    """Whether another value of an argument changes anything, on one of a few pools."""
    value, others = OTHERWISE[argument]
    if name == "hybrid" and argument in boxes.ARGUMENTS:
        others = {"base": "box-entropy"}
    known = build(name).arguments
    others = {key: one for key, one in others.items() if key in known}
    changed = build(name, **{**others, argument: value})
    for seed in range(4):
        plain, pool = _plain(name, tuple(others.items()), seed)
        assert value != plain.arguments[argument]
        try:
            same = argument in _AFTER_SCORING
            other = pool if same else pool_for(changed, n=15, seed=seed)
        except ArgumentError:  # softmax refuses the vectors of a sigmoid
            return True
        if any(outcome(plain, pool, b) != outcome(changed, other, b) for b in (5, 8)):
            return True
    return False


@every
@pytest.mark.usefixtures("unchecked")
def test_unfit_arguments_are_refused_before_anything_is_scored(name):
    unfit = {
        "resolution": "half",
        "similar": "smell", "similar_threshold": "much", "temporal": "no", "within_cycle": -1,
        "smooth_sigma": 0, "cost_exponent": 2, "radius": 1.5, "region": 0, "tiling": "bricks",
        "factor": 0.5, "oversample": 0, "samples": 1, "dropout": 1, "levels": 0, "sigma": -1,
        "delta": -0.1, "beta": 3, "cuts": -1, "folds": 0, "ridge": 0, "support_window": 4,
        "max_boxes": 0, "steps": -1, "intra": 2, "enms": 2, "quotas": 1, "base": "luck",
        "diversity": "none", "min_score": 2, "activation": "tanh", "rounds": -1, "unit": "hours",
    }  # fmt: skip
    for argument, value in unfit.items():
        if argument not in build(name).arguments:
            continue
        value = -1 if (name, argument) == ("ppal", "beta") else value
        more = {"similar": "embedding"} if argument == "similar_threshold" else {}
        with pytest.raises(ArgumentError, match=argument.split("_")[-1]):
            build(name, **{**more, argument: value})
