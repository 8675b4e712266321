"""Arms are read from one short text."""

import pytest

from labelnext.audit import parse
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
