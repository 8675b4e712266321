"""Figures of the paper name the arms that the paper compares."""

import pytest

from labelnext.audit.paper import NUMBERS, figure, shown_cycles
from labelnext.errors import ArgumentError
from labelnext.rounds.project import build_strategy


def arms(number, preset="corrected"):
    made = figure(number, budget=500, preset=preset)
    return [[line.arm.name for line in (*panel.lines, *panel.last)] for panel in made.panels]


def test_four_to_twelve_can_be_made():
    assert tuple(range(4, 13)) == NUMBERS


@pytest.mark.parametrize("number", [1, 3, 4, 13])
def test_another_number_is_refused(number):
    with pytest.raises(ArgumentError, match="5, 6, 7"):
        figure(number, budget=500)


def test_the_arms_are_the_paper_s():
    dropout = "mc-dropout[dropout=0.5]"
    rivals = ["divergence", "entropy", dropout, "guided-random"]
    assert arms(5) == [["divergence"], ["guided-random"], rivals]
    assert arms(6) == [["entropy"], [dropout], ["mc-dropout[dropout=0.1]"]]
    assert arms(7) == [rivals]
    assert arms(8) == [["divergence[budget=1500]", "divergence", "guided-random"]]
    ablations = ["divergence[aggregate=mean]", "divergence[smooth=false]",
                 "divergence[temporal=false]"]  # fmt: skip
    assert arms(9) == [[name] for name in ablations]
    assert arms(10) == [["divergence", *ablations]]
    stills = "divergence[smooth=false,temporal=false]"
    assert arms(11) == [[stills], ["random"]]
    assert arms(12) == [[stills, "random"]]


def test_the_program_s_dropout_ratio_goes_with_its_preset():
    assert arms(7, "authors-code")[0][2] == "mc-dropout[dropout=0.1]"


@pytest.mark.parametrize("preset", ["corrected", "authors-code", "plus"])
@pytest.mark.parametrize("number", range(5, 13))
def test_every_arm_can_be_built_and_is_told_apart(number, preset):
    lines = figure(number, budget=10, preset=preset).lines
    for line in lines:
        assert build_strategy(line.arm.strategy, preset, line.arm.arguments).name
    names = {line.words: line.arm.name for line in lines}
    assert len(set(names.values())) == len(names)


def test_the_ratio_reaches_the_strategy():
    needs = {
        line.words: build_strategy(line.arm.strategy, "corrected", line.arm.arguments).needs
        for line in figure(6, budget=500).lines
    }
    assert [need.dropout for need in needs.values()] == [None, 0.5, 0.1]


@pytest.mark.parametrize(
    ("cycles", "shown"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (5, (1, 2, 5)), (8, (1, 2, 8)), (14, (1, 4, 14)),
     (28, (1, 8, 28))],
)  # fmt: skip
def test_curves_are_shown_of_the_first_about_a_third_and_the_last(cycles, shown):
    assert shown_cycles(cycles) == shown


def test_a_larger_budget_has_fewer_cycles():
    """The paper's 5 cycles of 1,500 label more than 14 of 500, not less."""
    larger, usual, _ = figure(8, budget=500).lines
    assert (larger.arm.budget, larger.cycles(14), usual.cycles(14)) == (1500, 5, 14)
    assert [larger.cycles(k) for k in (1, 3, 4)] == [1, 1, 2]


def test_only_instances_need_no_test_set_and_only_curves_show_the_whole_pool():
    made = [figure(number, budget=500) for number in range(5, 13)]
    assert [one.number for one in made if not one.measured] == [7]
    assert [one.number for one in made if one.bounded] == [5, 6, 8, 9, 11]
