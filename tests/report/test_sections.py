import pytest

from labelnext.audit.judge import judge, stopping
from labelnext.report import sections, summary
from labelnext.rounds.results import Study
from labelnext.wording import number, signed
from tests.report.studies import Page, metrics, result, runs, study

METRIC = "miss rate at FPPI 1"


def page(made: Study) -> Page:
    before = sections.before_frames(made, judge(made), stopping(made))
    return Page(before + sections.after_frames(made))


def test_the_table_holds_the_numbers_of_the_study() -> None:
    made = study(
        {"a": runs(0.4, 3), "random": runs(0.6, 3)}, references={"whole pool": (metrics(0.3),)}
    )
    head, *rows = page(made).table("To whole pool: ")
    assert tuple(head) == summary.COLUMNS
    expected = [summary.cells(r) for r in summary.table(made)]
    cycle = ""
    for shown, cells in zip(rows, expected, strict=True):
        if len(shown) == len(cells):  # the first row of a cycle names it for all
            cycle = shown.pop(0)
        assert (cycle, *shown) == cells


def test_the_first_table_has_a_line_an_arm_best_first_with_a_word_in_each_unit() -> None:
    rates = {"random": runs(0.6, 7), "a": runs(0.5, 7, step=0.012), "b": runs(0.6, 7)[::-1]}
    made = study(rates | {"c": runs(0.7, 7, step=0.012)})
    shown = page(made)
    head, *rows = shown.table("Each arm against random, best first")
    assert head[:5] == ["against random", "in images", "in boxes", "in hours", METRIC]
    assert [row[0] for row in rows] == ["a", "b", "c"]
    assert rows[0][1:5] == ["▲ better"] * 3 + ["−0.047"]
    assert rows[1][1] == "= not distinguishable"  # once for all three units
    assert len(rows[1]) == len(rows[0]) - 2
    assert rows[2][1:4] == ["▼ worse"] * 3


def test_verdict_tables_hold_every_figure_of_the_judgement() -> None:
    made = study({"a": runs(0.4, 6, step=0.012), "random": runs(0.6, 6)})
    judged = judge(made)
    shown = page(made).table(f"{METRIC[1:]}, less that of random by paired seed")
    rows = shown[2:]
    assert [row[-15] for row in rows] == ["images", "boxes", "hours"]
    for row, unit in zip(rows, judged.main[0].units, strict=True):
        for cells, c in ((row[-14:-7], unit.area), (row[-7:], unit.end)):
            assert cells[0] == number(c.arm)
            assert cells[1] == number(c.baseline)
            assert cells[2] == signed(c.difference.mean)
            assert cells[3] == f"{signed(c.difference.low)} to {signed(c.difference.high)}"
            assert cells[4:] == ["0.031", number(c.gap), "▲ better"]


def test_one_seed_shows_differences_without_interval_or_p() -> None:
    made = study({"a": runs(0.4, 1), "random": runs(0.6, 1)})
    row = page(made).table("less that of random by paired seed")[2]
    assert row[-7:] == ["0.400", "0.600", "−0.200", "–", "–", "∞", "= not distinguishable"]


def test_both_random_arms_get_a_table_where_both_ran() -> None:
    rates = {"random": runs(0.6, 2), "guided-random": runs(0.6, 2), "a": runs(0.5, 2)}
    shown = page(study(rates))
    for base, arms in (("guided-random", {"a", "random"}), ("random", {"a", "guided-random"})):
        rows = shown.table(f"less that of {base} by")[2:]
        assert {row[0] for row in rows} - {"boxes", "hours"} == arms
    assert shown.text.count("Intervals are over seeds alone") == 2


def test_label_saving_is_listed_by_unit() -> None:
    made = study({"a": runs(0.4, 3), "random": runs(0.6, 3)})
    head, *rows = page(made).table("Labour needed to be as good as random")
    assert head == ["arm", "counted in", "arm needs", "random needs", "saved", "objects found"]
    needed = 10 * (0.8 - 0.61) / (0.8 - 0.605)  # on the straight line to the first cycle's mean
    assert rows[0][:5] == ["a", "images", "10", "20", rows[0][4]]
    assert rows[0][4].startswith(f"{100 * (1 - needed / 20):.0f} % (")
    assert rows[0][5] == "64, 1.00 × (1.00 to 1.00)"
    assert [row[0] for row in rows[1:]] == ["boxes", "hours"]


def test_stopping_is_told_where_there_are_cycles_enough() -> None:
    few = page(study({"a": runs(0.4, 2), "random": runs(0.6, 2)}))
    assert "Too few cycles: a prediction takes five measured points" in few.text
    falling = [0.2 + 0.6 * 0.7**c for c in range(9)]
    shown = page(study({"a": [falling], "random": [falling]}, initial_images=20))
    head, *rows = shown.table("foretold the gain")
    assert head[1] == "predictions"
    assert [row[:2] for row in rows] == [["all arms", "8"], ["a", "4"], ["random", "4"]]
    prices = [row[0] for row in shown.table("Stop once the upper end")[1:]]
    assert prices == ["0.02", "0.01", "0.005"]


@pytest.mark.parametrize(
    ("unfair", "said"),
    [
        (None, "were not held against each other"),
        ((), "Checked, and alike in all arms of a seed"),
        (("seed 1: arm a has other weights",), "These differ:seed 1: arm a has other weights"),
    ],
)
def test_the_check_of_fairness_is_shown_and_what_it_found_stands_on_top(
    unfair: tuple[str, ...] | None, said: str
) -> None:
    shown = page(study({"a": runs(0.4, 2), "random": runs(0.6, 2)}, unfair=unfair))
    assert said in shown.text
    assert ("Not alike between arms" in shown.text) == bool(unfair)


def test_hundreds_of_cycles_are_listed_evenly_with_a_note() -> None:
    results = tuple(result(f"arm {i}", 1, c, None) for i in range(12) for c in range(301))
    shown = page(study({}, results=results))
    table = shown.table("33 of 301 cycles are listed")
    assert len(table) == 1 + 33 * 12
    cycles = [row[0] for row in table[1:] if len(row) == len(summary.COLUMNS)]
    assert (cycles[0], cycles[-1]) == ("0", "300")


def test_times_are_means_a_cycle_and_totals() -> None:
    made = study({"a": [[0.8, 0.5, 0.4]], "b": [[0.8, 0.6]]})
    head, a, b = page(made).table("Wall time of a step")
    assert head == ["arm", "score", "train", "in all"]
    assert a == ["a", "2.0 s", "1 min 00 s", "3 min 06 s"]
    assert b == ["b", "2.0 s", "30.0 s", "1 min 04 s"]
    assert "4 min 10 s for the whole study" in page(made).text


def test_settings_command_and_hardware_are_shown_in_full() -> None:
    shown = page(study({"a": runs(0.5, 1)}, command="labelnext run \\\n  --b '<5>'"))
    assert shown.table("Every setting") == [
        ["budget", "10"],
        ["train.epochs", "3"],
        ["train.lr", "0.1, 0.01"],
        ["mirror", "none"],
    ]
    assert "labelnext run \\\n  --b '<5>'" in shown.text
    assert "2 cores\nPython 3.11" in shown.text


def test_an_interrupted_study_carries_a_warning() -> None:
    shown = page(study({"a": runs(0.5, 3), "b": runs(0.5, 2)}))
    assert shown.text.count("Partial: arm b has 2 of 3 seeds") == 1
    assert [d for d in shown.all("div") if d.get("role") == "note"]


@pytest.mark.parametrize("rates", [{}, {"a": [[None, None]]}, {"a": [[None]]}])
def test_without_figures_each_part_says_so(rates: dict) -> None:
    shown = page(study(rates))
    assert shown.text.count("Nothing was measured") == 2
    assert "No image has been labelled yet" in shown.text
    assert ("No cycle has finished." in shown.text) == (rates == {})


def test_every_table_has_caption_and_headings_and_every_svg_is_labelled_or_hidden() -> None:
    shown = page(study({"a": runs(0.4, 2), "random": runs(0.6, 2)}))
    assert len(shown.tables) == len(shown.captions) == 6
    assert all(shown.captions)
    assert all(h.get("scope") for h in shown.all("th"))
    assert all(s.get("aria-hidden") or s.get("aria-label") for s in shown.all("svg"))


def test_subtitle_counts_what_there_is() -> None:
    words = Page(sections.subtitle(study({"a": runs(0.4, 2)}))).text
    assert words == (
        "1 arm · 2 seeds · 2 cycles · pool of 100 images with 250 objects · test set of 40 images "
        "with 90 objects · classes: person"
    )


def test_a_long_table_is_folded_and_a_short_one_stands_open() -> None:
    few = study({"a": runs(0.4, 1)})
    assert not page(few).all("details")
    many = tuple(result("a", 1, c, None) for c in range(60))
    shown = page(study({}, results=many))
    assert len(shown.all("details")) == 1
    assert "Every cycle and arm 60 rows" in shown.text
    assert len(shown.table("Mean ± sample standard deviation")) == 61
