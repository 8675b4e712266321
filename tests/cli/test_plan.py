"""`plan` as a person and as a machine use it, and costs in the other commands."""

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labelnext.cli.app import app
from labelnext.errors import LabelnextError
from tests.rounds.answers import answer
from tests.rounds.scenes import project

PAPER = ("plan", "--images", "51363", "--total", "7500")


def say(*words):
    done = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "160"})
    if isinstance(done.exception, LabelnextError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def rows(text):
    return [line.split() for line in text.splitlines() if line.strip().startswith("7,500")]


def test_the_paper_s_grid():
    said = say(*PAPER, "--budget", "2500", "--budget", "500", "--budget", "50")
    assert [(row[1], row[2], row[5]) for row in rows(said)] == [
        ("2,500", "3", "46.8"), ("500", "15", "190.0"), ("50", "150", "1,800.8")
    ]  # fmt: skip
    assert "docs/cost.md has their sources" in said
    assert "At most 1,656 images a cycle by the temporal rules" in said


def test_money_people_and_days():
    one = "--budget", "500", "--rate", "25 EUR/h", "--annotators", "2", "--image-seconds", "72"
    (row,) = rows(say(*PAPER, *one))
    assert row[6:9] == ["150.0", "3,750", "EUR"]
    assert float(row[9]) == pytest.approx(190.0 / 24 + 150 / 2 / 8, abs=0.05)
    found = json.loads(say(*PAPER, *one, "--json"))
    (plan,) = found["plans"]
    assert plan["money"] == 3750
    assert plan["seconds"] == pytest.approx(plan["machine_seconds"] + plan["label_seconds"] / 2)
    assert found["advice"][0]["largest"] == 1656
    assert found["basis"]["sources"][2] == "Labelling: 72 s an image, as given."


def test_several_totals_and_sizes_of_its_own():
    found = json.loads(say(*PAPER, "--total", "1000", "--json"))["plans"]
    assert {plan["total"] for plan in found} == {7500, 1000}
    assert [plan["per_cycle"] for plan in found if plan["total"] == 1000] == [200, 100, 50, 20, 10]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--total", "5"), "no project here to plan for"),
        ((*PAPER, "--measure"), "--images plans without a project"),
        ((*PAPER, "--budget", "40h"), "a plan compares batches of images"),
        ((*PAPER, "--budget", "9000"), r"at most the --total, 7,500 images"),
        ((*PAPER, "--rate", "cheap"), "money an hour such as 25 EUR/h"),
        (("plan", "--images", "10", "--total", "20"), "at most the pool of 10 images"),
        (("plan", "--total", "5", "-C", "nowhere"), "there is no project here"),
    ],
)
def test_bad_input_says_what_to_do(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabelnextError, match=said):
        say(*words)


def test_costs_from_init_to_ingest(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "p", tmp_path / "data", oracle="files")
    with pytest.raises(LabelnextError, match="budget: must be in a known unit"):
        say("score", "-C", folder, "--budget", "3 apples")
    say("score", "-C", folder, "--budget", "0.02h")
    said = say("select", "-C", folder)
    assert "Asked: 0.02 hours. Expected: " in said
    assert "the detector's scores as they are: nothing is labelled yet" in said
    say("label", "-C", folder)
    names = answer(folder, tmp_path / "data")
    times = tmp_path / "times.csv"
    times.write_text("key,seconds\n" + "".join(f"{name},36\n" for name in names.values()))
    said = say("ingest", "-C", folder, "--timings", times)
    assert f"{len(names)} tasks timed, newly or anew." in said
    assert f"{36 * len(names) / 3600:.2f} h ({len(names)} of them timed)" in said
    said = say("status", "-C", folder)
    assert "Round 2, budget 3 images: 3 images, " in said
    assert "image 5 (default), new box 10 (default)" in said
    found = json.loads(say("status", "-C", folder, "--json"))["cost"]
    assert found["tasks"] == found["spent"]["timed"] == len(names)
    monkeypatch.chdir(folder)
    assert f"Labelling: {found['average']['seconds']:.3g} s an image" in say("plan", "--total", "4")


def test_init_takes_a_budget_in_any_unit(tmp_path):
    text = {}
    for name, budget in (("a", "500"), ("b", "40h"), ("c", "€300")):
        say("init", tmp_path / name, "--budget", budget, "--set", "cost.rate=25 EUR/h")
        text[name] = (tmp_path / name / "labelnext.toml").read_text()
    assert "budget = 500\n" in text["a"]
    assert 'budget = "40 hours"\n' in text["b"]
    assert 'budget = "300 EUR"\n' in text["c"]
    say("init", tmp_path / "b", "--budget", "40 h", "--set", "cost.rate=25 EUR/h")  # the same
    with pytest.raises(LabelnextError, match=r"cost\.rate='25 EUR/h'"):
        say("init", tmp_path / "d", "--budget", "$300")


def test_the_page_about_cost_shows_what_the_command_prints():
    page = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")
    chapter = page.partition("## Before a project")[2].partition("\n## ")[0]
    (command,) = [line for line in chapter.splitlines() if line.startswith("labelnext plan")]
    printed = say(*shlex.split(command)[1:])
    shown = [line.replace("|", " ").split() for line in chapter.splitlines() if "EUR |" in line]
    assert shown == rows(printed)
    assert len(shown) == 3
