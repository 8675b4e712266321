"""Arms are read from one short text."""

import pytest

from labelnext import plugins
from labelnext.audit import choose, parse
from labelnext.errors import LabelnextError


def test_a_plain_strategy():
    arm = parse(" divergence ")
    assert (arm.name, arm.strategy, dict(arm.arguments)) == ("divergence", "divergence", {})
    assert arm.budget is None


def test_arguments_are_json_or_words():
    arm = parse("divergence[aggregate=mean,smooth=false,within-cycle=3,smooth_sigma=1.5]")
    assert dict(arm.arguments) == {
        "aggregate": "mean", "smooth": False, "within_cycle": 3, "smooth_sigma": 1.5,
    }  # fmt: skip
    assert arm.folder == "divergence_aggregate=mean_smooth=false_within-cycle=3_smooth_sigma=1.5"


def test_an_arm_may_have_its_own_budget():
    arm = parse("entropy[budget=45]")
    assert arm.budget == 45
    assert dict(arm.arguments) == {}


@pytest.mark.parametrize("text", ["", "Divergence", "a b", "a[b]", "a[b=1", "a[=1]", "a[budget=0]"])
def test_anything_else_is_refused(text):
    with pytest.raises(LabelnextError, match=r"arm|argument=value"):
        parse(text)


def test_what_is_compared_unless_told():
    chosen = choose(None)
    words = [arm.name for arm in chosen.arms]
    assert words[-2:] == ["guided-random", "random"]
    assert "divergence" in words
    assert not chosen.optional


def test_words_for_many_arms():
    assert [a.name for a in choose(["paper"]).arms] == [
        "divergence", "entropy", "mc-dropout", "guided-random", "random"
    ]  # fmt: skip
    every = choose(["divergence[aggregate=mean]", "random", "all", "random"])
    names = [arm.name for arm in every.arms]
    assert names[:2] == ["divergence[aggregate=mean]", "random"]
    assert sorted(names[1:]) == plugins.names("strategies")
    assert every.optional == set(plugins.names("strategies")) - {"random"}
