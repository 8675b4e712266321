import re

import pytest

from labelnext.report import verdict
from tests.report.studies import NAN, metrics, result, runs, study

CLAIMS = re.compile(r"\): (lower|higher)\.")


def test_a_clear_win_over_enough_seeds_is_called_lower() -> None:
    said = verdict(study({"divergence": runs(0.4, 6, step=0.004), "random": runs(0.6, 6)}))
    head, end, average, least, *rest = said.splitlines()
    assert head == (
        "divergence has the lowest miss rate at FPPI 1, at the end (0.410 after cycle 2) and on "
        "average (0.508 over cycles 1 to 2)."
    )
    assert end.startswith("divergence against random at the end: 0.215 lower (95 % interval ")
    assert end.endswith(" lower over 6 paired seeds, p = 0.031): lower.")
    assert average.startswith("The same on average: 0.161 lower (")
    assert average.endswith(": lower.")
    assert least == "With 6 seeds the least two-sided p of a sign-flip test is 0.031."
    assert rest == []


def test_a_win_over_three_seeds_is_not_proven() -> None:
    said = verdict(study({"divergence": runs(0.4, 3, step=0.004), "random": runs(0.6, 3)}))
    assert "p = 0.25): lower, not proven." in said
    assert "With 3 seeds the least two-sided p of a sign-flip test is 0.25; 6 seeds are" in said
    assert not CLAIMS.search(said)


def test_a_loss_says_that_no_arm_beats_random() -> None:
    said = verdict(study({"divergence": runs(0.7, 6, step=0.004), "random": runs(0.6, 6)}))
    assert said.startswith("random has the lowest miss rate at FPPI 1, at the end (0.625")
    assert "No arm ends below random." in said
    assert "divergence against random at the end: 0.085 higher (95 % interval 0.0" in said
    assert "): higher." in said


def test_a_tie_shows_no_difference_and_the_gap_that_would_show() -> None:
    a = [[0.8, 0.5], [0.8, 0.6], [0.8, 0.5], [0.8, 0.62]]
    b = [[0.8, 0.6], [0.8, 0.5], [0.8, 0.61], [0.8, 0.5]]
    said = verdict(study({"a": a, "guided random": b}))
    assert ": no difference shown (so many seeds would show a gap of 0.1" in said
    assert not CLAIMS.search(said)
    assert "interval from 0." in said


def test_equal_arms_are_called_equal() -> None:
    said = verdict(study({"a": runs(0.5, 3), "random": runs(0.5, 3)}))
    assert "a against random at the end: equal to three decimals (" in said
    assert not CLAIMS.search(said)


def test_one_seed_never_claims_a_difference() -> None:
    said = verdict(study({"a": runs(0.2, 1), "random": runs(0.7, 1)}))
    assert "0.500 lower, on one seed, which gives no interval: no difference shown." in said
    assert "the least two-sided p of a sign-flip test is then 1" in said
    assert "not proven" not in said
    assert not CLAIMS.search(said)


def test_the_best_at_the_end_and_on_average_may_differ() -> None:
    said = verdict(study({"a": [[0.8, 0.7, 0.4]], "random": [[0.8, 0.5, 0.45]]}))
    assert said.startswith(
        "a has the lowest miss rate at FPPI 1 at the end (0.400 after cycle 2); random has it on "
        "average (0.475 over cycles 1 to 2)."
    )


def test_several_arms_need_more_seeds_and_say_so() -> None:
    rates = {"a": runs(0.4, 6, step=0.004), "b": runs(0.5, 6, step=0.004), "random": runs(0.6, 6)}
    said = verdict(study(rates))
    assert "p = 0.062): lower, not proven." in said
    assert "0.031 before correction; 7 seeds are the fewest with which one of 2" in said
    assert "2 arms were held against it: p is corrected for that (Holm)" in said


def test_without_a_random_arm_nothing_is_said_about_chance() -> None:
    said = verdict(study({"a": runs(0.4, 2), "b": runs(0.5, 2), "c": runs(0.6, 2)}))
    assert "No random arm ran, so this cannot say whether choosing beats chance." in said
    assert "a against b at the end" in said
    assert "nothing is corrected for that" in said


def test_one_arm_alone_says_what_it_lacks() -> None:
    said = verdict(study({"a": runs(0.4, 2)}))
    assert said.startswith(
        "a brings the miss rate at FPPI 1 to 0.405 after cycle 2, from 0.800 before any labelling "
        "(mean of 2 seeds)."
    )
    assert "It ran alone" in said


def test_the_ceiling_is_named_where_it_is_known() -> None:
    references = {"whole pool": (metrics(0.35), metrics(0.37))}
    said = verdict(study({"a": runs(0.4, 1), "random": runs(0.5, 1)}, references=references))
    assert (
        "Trained on the whole pool, the detector's miss rate is 0.360: a ends 0.040 above it."
        in said
    )


def test_an_interrupted_study_says_what_it_compared_and_what_is_missing() -> None:
    said = verdict(study({"a": runs(0.4, 3), "random": runs(0.6, 2)}))
    assert "Compared is what all arms have: seeds 1 and 2, up to cycle 2." in said
    assert said.endswith("Partial: arm random has 2 of 3 seeds.")


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({}, "No cycle has finished"),
        ({"a": [[None, None]]}, "There is no test set"),
        ({"a": [[NAN, NAN]], "b": [[NAN, NAN]]}, "The miss rate is undefined"),
        ({"a": [[0.5]], "b": [[0.5]]}, "Only the initial detector has been measured"),
        ({"a": [[0.5, 0.4]], "b": [[0.5]]}, "No seed has a measured cycle in every arm (a and b)"),
    ],
)
def test_where_nothing_can_be_judged_it_says_why(rates: dict, words: str) -> None:
    assert verdict(study(rates)).startswith(words)


def test_arms_of_another_pace_are_judged_at_equal_images() -> None:
    slow = [
        result("random", s, c, 0.8 - 0.1 * c, images=10 * c) for c in (1, 2, 3, 4) for s in (1, 2)
    ]
    fast = [result("a", s, c, 0.8 - 0.1 * c, images=20 * c) for c in (1, 2) for s in (1, 2)]
    said = verdict(study({}, results=(*slow, *fast)))
    assert said.startswith("random has the lowest miss rate at FPPI 1, at the end (0.400 at 40")
    assert "(0.500 over 2 points from 20 to 40 images)" in said


def test_names_cannot_break_a_line() -> None:
    said = verdict(study({"a\nb": runs(0.4, 1), "random": runs(0.5, 1)}))
    assert said.startswith("a b has the lowest")
