"""What `doctor` finds, of the machine, of what is installed, and of a project."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from labelnext import machine
from labelnext.cli.app import app
from labelnext.rounds import overview
from labelnext.rounds.outlook import doctor
from labelnext.rounds.outlook.rates import rates
from tests.installed import plug_ins
from tests.rounds.scenes import project


def by_topic(findings):
    return {finding.topic: finding for finding in findings}


def test_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "gpus", lambda: ["Card A, 24 GiB", "Card B, 24 GiB"])
    found = by_topic(doctor.machine_findings(tmp_path / "not" / "there" / "yet"))
    assert found["processor"].words.endswith(" cores") or found["processor"].words.endswith("core")
    shown = "Card A, 24 GiB and Card B, 24 GiB; `--workers 2` scores on all of them"
    assert found["GPU"].words == shown
    assert found["disk"].words.endswith(" GiB free")
    assert not found["GPU"].problem


def test_too_little_memory_and_disk_are_problems(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "memory", lambda: (8 * 2**30, 2**30))
    monkeypatch.setattr(machine, "free_disk", lambda folder: 2**30)
    found = by_topic(doctor.machine_findings(tmp_path))
    assert found["memory"].problem
    assert found["memory"].words.startswith("1.0 GiB of 8.0 GiB free; ")
    assert found["disk"].problem
    assert "make room" in found["disk"].words


def test_memory_that_is_not_known_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "memory", lambda: (None, None))
    assert "memory" not in by_topic(doctor.machine_findings(tmp_path))


def test_what_is_installed():
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    found = by_topic(doctor.install_findings())
    assert "labelnext 0." in found["software"].words
    assert found["fire-fpn"].words.startswith("torch ")
    assert "divergence" in found["strategies"].words.split(", ")
    assert not any(finding.problem for finding in found.values())


def test_plug_ins_that_do_not_load_are_named(tmp_path):
    (tmp_path / "given_here.py").write_text("import elsewhere\n")
    with plug_ins(tmp_path, "labelnext.strategies", {"mine": "given_here:Mine"}):
        found = by_topic(doctor.install_findings("none"))
    assert found["strategy mine"].problem
    assert found["strategy mine"].words == (
        "does not load: given_here cannot be imported: ModuleNotFoundError: No module named "
        "'elsewhere'. It has the strategy 'mine': install given again, or mend it."
    )
    assert "mine" not in found["strategies"].words.split(", ")
    assert "hybrid" in found["strategies"].words.split(", ")


def test_a_gpu_that_torch_cannot_use_is_a_problem(monkeypatch):
    torch = pytest.importorskip("torch", reason="fire-fpn needs torch")
    if torch.cuda.is_available():
        pytest.skip("torch can use the GPU here")
    monkeypatch.setattr(machine, "gpus", lambda: ["Card A, 24 GiB"])
    found = by_topic(doctor.install_findings())
    assert found["fire-fpn"].problem
    assert "there is a GPU" in found["fire-fpn"].words
    wanted = by_topic(doctor.install_findings(device="cpu"))
    assert not wanted["fire-fpn"].problem, "the processor was asked for"


def test_a_detector_that_is_not_there_is_a_problem():
    assert by_topic(doctor.install_findings("unheard-of"))["unheard-of"].problem


def test_stages_are_measured_and_nothing_changes(tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "shop", tmp_path / "data")
    before = (folder / "labelnext.toml").read_bytes()
    with overview.opened(folder) as opened:
        found = rates(opened)
        stages = (found.decode, found.predict, found.score, found.whole, found.train)
        assert all(stage is not None and 0 < stage < 60 for stage in stages)
        assert found.epochs == 2
        lines = by_topic(doctor.rate_findings(opened, found))
        assert lines["scoring"].words.endswith(" for 24 images left")
        assert lines["training"].words.endswith(" for 3 images, 2 epochs")
        assert not opened.ledger.steps()
    assert (folder / "labelnext.toml").read_bytes() == before
    assert not list((folder / ".labelnext").rglob("*.parquet"))


def test_a_strategy_that_looks_at_nothing_is_not_measured(tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "shop", tmp_path / "data", strategy={"name": "random"})
    with overview.opened(folder) as opened:
        found = rates(opened)
        assert (found.decode, found.predict, found.score, found.whole) == (None,) * 4
        assert "scoring" not in by_topic(doctor.rate_findings(opened, found))


def command(*words):
    done = CliRunner().invoke(app, ["doctor", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def test_files_that_are_gone_are_counted_and_the_status_is_1(tmp_path):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    folder = project(tmp_path / "shop", tmp_path / "data")
    status, said = command("-C", folder, "--no-measure")
    assert status == 0
    assert "files       all 36 are there" in said
    shutil.move(tmp_path / "data" / "pool", tmp_path / "elsewhere")
    status, said = command("-C", folder)
    assert status == 1
    assert "! files       24 of 36 are gone: " in said
    assert "1 to look after, marked with !." in said
    status, said = command("-C", folder, "--json")
    found = json.loads(said)
    assert (status, found["problems"], found["seconds"]) == (1, 1, None)


def test_without_a_project(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="fire-fpn needs torch")
    monkeypatch.chdir(tmp_path)
    status, said = command()
    assert status == 0
    assert "processor" in said
    assert "  project " not in said
