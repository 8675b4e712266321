import dataclasses

import pytest

from labelnext.audit.judge import arm_lines, headline, judge, notes, savings, share, text
from labelnext.cost import LabourRate
from labelnext.evaluate import LabelSaving
from labelnext.rounds.results import Study
from tests.audit.judge.test_contests import with_outcomes
from tests.report.studies import NAN, metrics, result, runs, study


def tied(seeds: int) -> Study:
    """Two arms whose differences at the end are ±.1, as many of either sign as can be."""
    a = [[0.8, 0.5 + 0.1 * (i % 2)] for i in range(seeds)]
    b = [[0.8, 0.6 - 0.1 * (i % 2)] for i in range(seeds)]
    return study({"divergence": a, "guided-random": b})


def test_a_clear_win_is_called_better_with_its_size_and_what_it_saves() -> None:
    made = study({"divergence": runs(0.4, 6, step=0.004), "random": runs(0.6, 6)})
    found = judge(made, rate=LabourRate(36.0, "EUR"))
    assert headline(found) == (
        "On this data divergence is better than random over the first 20 images (6 paired seeds): "
        "its miss rate at FPPI 1 is 0.107 lower (95 % interval 0.103 to 0.111 lower, p = 0.031) on "
        "average."
    )
    saved, end, chance = notes(found)
    assert saved.startswith(
        "To be as good as random at its end (0.625), divergence needs 9 images instead of 20 (55 % "
        "fewer, 95 % interval of the saving "
    )
    assert " boxes instead of " in saved
    assert saved.endswith(" EUR.")
    assert judge(dataclasses.replace(made, rate=LabourRate(36.0, "EUR"))) == found
    assert end.startswith(
        "At 20 images the miss rate at FPPI 1 of divergence is 0.410 against 0.625, 0.215 lower "
        "(95 % interval 0.207 to 0.223 lower, p = 0.031): better; the interval is over seeds alone"
    )
    assert chance == "With 6 paired seeds the least p that a sign-flip test can give is 0.031."
    assert arm_lines(found) == ("divergence: better in images, boxes and hours.",)


def test_a_loss_is_called_worse() -> None:
    made = study({"divergence": runs(0.7, 6, step=0.004), "random": runs(0.6, 6)})
    assert headline(judge(made)) == (
        "On this data divergence is worse than random over the first 20 images (6 paired seeds): "
        "its miss rate at FPPI 1 is 0.043 higher (95 % interval 0.039 to 0.047 higher, p = 0.031) "
        "on average."
    )
    assert not any("To be as good" in note for note in notes(judge(made)))


def test_a_tie_says_how_large_a_gap_would_have_been_seen() -> None:
    found = judge(tied(6))
    gap = found.main[0].units[0].area.gap
    assert headline(found) == (
        "On this data divergence is not distinguishable from guided-random over the first 10 "
        f"images (6 paired seeds); a gap of {gap:.2f} or more would have been seen."
    )
    assert 0.095 < gap < 0.2


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_too_few_seeds_never_claim_a_difference(seeds: int) -> None:
    made = study({"a": runs(0.2, seeds), "random": runs(0.7, seeds)})
    assert headline(judge(made)) == (
        f"On this data a cannot be told from random: {seeds} paired seed{'s' * (seeds > 1)} "
        f"prove{'s' * (seeds == 1)} nothing, however large the difference; 6 seeds are the fewest "
        "that can."
    )
    assert "better" not in headline(judge(made))


def test_an_arm_that_wins_by_itself_but_not_among_several_is_named_as_no_proof() -> None:
    uneven = [[0.8, 0.6 - gain] for gain in (0.05, 0.001, 0.15, 0.003, 0.1, 0.005)]
    swinging = [[0.8, 0.6 + 0.1 * (-1) ** s] for s in range(6)]  # could have been the larger one
    rates = {"a": uneven, "random": [[0.8, 0.6]] * 6}
    assert headline(judge(study(rates))).startswith("On this data a is better than random")
    said = text(judge(study(rates | {"b": swinging})))
    assert said.startswith("On this data no arm is better than random")
    assert (
        "Had it been the only arm tried, a would be called better (p < 0.05 by itself): worth a "
        "study of its own, not proof, since 2 arms were tried."
    ) in said
    assert "p is valid for the 2 arms together, the intervals are each arm's own." in said


def test_six_seeds_prove_one_of_many_arms() -> None:
    rates = {
        name: [[0.8, 0.6 + 0.01 * (-1) ** (s // k)] for s in range(6)]
        for k, name in enumerate("bcd", start=1)
    }
    rates |= {"a": [[0.8, 0.4 + 0.004 * s] for s in range(6)], "random": [[0.8, 0.6]] * 6}
    assert headline(judge(study(rates))).startswith("On this data a is better than random")


def test_the_best_of_several_winners_gives_the_figure() -> None:
    rates = {"a": runs(0.45, 8, step=0.004), "b": runs(0.4, 8, step=0.004), "random": runs(0.6, 8)}
    assert headline(judge(study(rates))).startswith(
        "On this data b and a are better than random over the first 20 images (8 paired seeds): "
        "the miss rate at FPPI 1 of b is 0.11"
    )


def test_without_a_winner_the_losers_are_named() -> None:
    rates = {"a": runs(0.7, 8, step=0.004), "b": runs(0.6, 8)[::-1], "random": runs(0.6, 8)}
    said = headline(judge(study(rates)))
    assert said.startswith(
        "On this data no arm is better than random over the first 20 images (8 paired seeds); a is "
        "worse; a gap of "
    )
    both = {"a": runs(0.7, 8, step=0.004), "b": runs(0.75, 8, step=0.004)}
    assert headline(judge(study(both | {"random": runs(0.6, 8)}))) == (
        "On this data every arm is worse than random over the first 20 images (8 paired seeds)."
    )


def test_plain_random_is_told_of_where_guided_random_is_the_baseline() -> None:
    rates = {"a": runs(0.4, 8, step=0.004), "guided-random": runs(0.6, 8)}
    said = notes(judge(study(rates | {"random": runs(0.7, 8, step=0.012)})))
    assert "Against random, a is better; guided-random itself is better." in said


def test_the_end_says_whose_doubt_its_interval_holds() -> None:
    (end,) = [note for note in notes(judge(with_outcomes())) if note.startswith("At 10 images")]
    assert "interval over seeds and 20 clips of the test set" in end
    assert end.endswith("p = 0.031): better.")


def test_without_a_random_arm_nothing_is_said_about_chance() -> None:
    said = headline(judge(study({"a": runs(0.4, 2), "b": runs(0.5, 2), "c": runs(0.6, 2)})))
    assert said == (
        "No random arm ran, so nothing says whether choosing beats chance; a has the best miss "
        "rate at FPPI 1, 0.603 on average over the first 20 images."
    )


def test_one_arm_alone_says_what_it_lacks() -> None:
    assert headline(judge(study({"a": runs(0.4, 2)}))) == (
        "a brings the miss rate at FPPI 1 to 0.405 with 20 images labelled, from 0.800 before any "
        "labelling (mean of 2 seeds). It ran alone, so this cannot say whether it beats chance."
    )


def test_the_ceiling_is_named_where_it_is_known() -> None:
    references = {"whole pool": (metrics(0.35), metrics(0.37))}
    said = notes(judge(study({"a": runs(0.4, 1), "random": runs(0.5, 1)}, references=references)))
    assert (
        "Trained on the whole pool, the detector's miss rate at FPPI 1 is 0.360: a, the best at "
        "the end, is 0.040 above it."
    ) in said


def test_an_interrupted_study_says_what_it_compared_and_what_is_missing() -> None:
    said = notes(judge(study({"a": runs(0.4, 3), "random": runs(0.6, 2)})))
    assert "Compared is what all arms have: seeds 1 and 2." in said
    assert said[-1] == "Partial: arm random has 2 of 3 seeds."
    long = [[0.8, 0.7, 0.6, 0.5, 0.4]]
    said = notes(judge(study({"a": long, "b": [[0.8, 0.7]], "random": long})))
    assert (
        "Left out of the comparison, having done less than half of what others have: b."
    ) in said


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({}, "No cycle has finished"),
        ({"a": [[None, None]]}, "There is no test set"),
        ({"a": [[NAN, NAN]], "b": [[NAN, NAN]]}, "The metric is undefined"),
        ({"a": [[0.5]], "b": [[0.5]]}, "Only the initial detector has been measured"),
    ],
)
def test_where_nothing_can_be_judged_it_says_why(rates: dict, words: str) -> None:
    assert headline(judge(study(rates))).startswith(words)


def test_arms_without_a_seed_in_common_are_not_compared() -> None:
    results = (result("a", 1, 1, 0.5), result("random", 2, 1, 0.6))
    assert headline(judge(study({}, results=results))) == (
        "No seed has a measured cycle in every arm (a and random), so nothing is compared."
    )


def test_names_cannot_break_a_line() -> None:
    made = study({"a\nb": runs(0.4, 1), "random": runs(0.5, 1)})
    assert headline(judge(made)).startswith("On this data a b cannot be told")


SAVING = LabelSaving(6, 0.5, 31.0, 50.0, 0.38, "reached", 0.12, 0.55)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "38 % (12 % to 55 %)"),
        ({"low": NAN, "high": NAN}, "38 %"),
        ({"low": -0.1}, "38 % (−10 % to 55 %)"),
        ({"reach": "more than", "saving": 0.8, "high": 1.0}, "over 80 % (12 % to 100 %)"),
        (
            {"reach": "beyond the range", "saving": 0.0, "low": -float("inf"), "high": 0.1},
            "none (up to 10 %)",
        ),
        ({"reach": "beyond the range", "saving": 0.1, "low": NAN}, "under 10 %"),
        ({"saving": NAN}, "–"),
    ],
)
def test_savings_are_shown_as_shares_with_bounds(changes: dict, shown: str) -> None:
    assert share(dataclasses.replace(SAVING, **changes)) == shown


def test_savings_that_are_bounds_are_told_as_bounds() -> None:
    (contest,) = judge(study({"a": runs(0.4, 2), "random": runs(0.6, 2)})).main
    unit = contest.units[0]
    for changes, words in (
        ({}, "31 images instead of 50 (38 % fewer, 95 % interval of the saving 12 to 55 %)"),
        ({"reach": "more than"}, "at most 31 images instead of 50 (at least 38 % fewer"),
        ({"reach": "beyond the range"}, "more than 31 images instead of 50."),
        ({"saving": -0.2}, "31 images instead of 50 (20 % more"),
    ):
        saving = dataclasses.replace(SAVING, **changes)
        changed = dataclasses.replace(contest, units=(dataclasses.replace(unit, saving=saving),))
        assert words in savings(changed)
