import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import PairedDifference, holm, minimal_seeds, paired_difference, verdict


def difference(mean, low, high):
    return PairedDifference(6, mean, low, high, 0.03125, 0.1, 0.1)


@pytest.mark.parametrize(
    ("interval", "p", "lower_is_better", "says"),
    [
        ((-0.2, -0.3, -0.1), 0.03, True, "better"),
        ((-0.2, -0.3, -0.1), 0.03, False, "worse"),
        ((0.2, 0.1, 0.3), 0.03, True, "worse"),
        ((0.2, 0.1, 0.3), 0.03, False, "better"),
        ((0.2, -0.1, 0.3), 0.03, False, "not distinguishable"),
        ((0.2, 0.0, 0.3), 0.03, False, "not distinguishable"),
        ((0.2, 0.1, 0.3), 0.05, False, "not distinguishable"),
        ((0.2, float("nan"), float("nan")), 0.01, False, "not distinguishable"),
    ],
)
def test_words(interval, p, lower_is_better, says):
    assert verdict(difference(*interval), p, lower_is_better=lower_is_better) == says


def study(rng, effects, seeds):
    """Verdicts on arms whose true difference from random is `effects`, noise .02 a run."""
    base = rng.normal(0.4, 0.03, seeds)  # what a seed does to all arms alike
    random = base + rng.normal(0, 0.02, seeds)
    found = [
        paired_difference(
            (base + effect + rng.normal(0, 0.02, seeds)).tolist(), random.tolist(), rng=rng,
            draws=400,
        )
        for effect in effects
    ]  # fmt: skip
    corrected = holm([d.p_value for d in found])
    return [verdict(d, p, lower_is_better=True) for d, p in zip(found, corrected, strict=True)]


@pytest.mark.parametrize(("arms", "seeds"), [(1, 6), (3, 6), (3, 8)])
def test_arms_that_are_random_are_not_told_from_it(arms, seeds):
    """Of 1,000 studies at most one in twenty may say anything else of any of its arms."""
    rng = np.random.default_rng(12)
    false = sum(
        any(word != "not distinguishable" for word in study(rng, [0.0] * arms, seeds))
        for _ in range(1000)
    )
    assert false <= 50
    assert (false > 0) == (seeds >= minimal_seeds(arms))


@pytest.mark.parametrize(("effect", "says"), [(-0.08, "better"), (0.08, "worse")])
def test_a_clear_effect_is_found(effect, says):
    rng = np.random.default_rng(13)
    six = [study(rng, [effect], 6)[0] for _ in range(200)]
    assert six.count(says) >= 180
    eight = [study(rng, [0.0, effect, 0.0], 8)[1] for _ in range(200)]
    assert eight.count(says) >= 180
    assert {*six, *eight} <= {says, "not distinguishable"}


@pytest.mark.parametrize(("p", "level"), [(-0.1, 0.05), (float("nan"), 0.05), (0.5, 0.0)])
def test_bad_arguments(p, level):
    with pytest.raises(ArgumentError):
        verdict(difference(0.2, 0.1, 0.3), p, lower_is_better=True, level=level)
