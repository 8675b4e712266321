import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from labelnext.audit.judge import headline, judge, notes
from labelnext.errors import ArgumentError, ProjectError
from labelnext.report import page, write
from labelnext.rounds.results import Study
from tests.report.studies import NAN, Page, frame, metrics, picture, runs, study

EVIL = "</style></script><script>alert(1)</script>\"'&\x00\udc80"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path = picture(tmp_path_factory.mktemp("images") / "a.jpg", (300, 200))
    frames = tuple(
        frame(path, arm=arm, cycle=cycle, rank=rank)
        for arm in ("divergence", "random")
        for cycle in (1, 2)
        for rank in (1, 2)
    )
    return study(
        {"divergence": runs(0.4, 3), "random": runs(0.6, 3)},
        references={"whole pool": (metrics(0.35),)},
        frames=frames,
    )


@pytest.fixture(scope="module")
def written(whole: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(whole, tmp_path_factory.mktemp("project") / "new" / "out")


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_page_and_pngs_are_written_and_nothing_else(written: Path) -> None:
    assert sorted(p.name for p in written.parent.iterdir()) == [
        "miss-rate-by-boxes-and-hours.png",
        "miss-rate-fppi.png",
        "miss-rate-per-cycle.png",
        "objects-per-cycle.png",
        "picked-divergence-cycle-1.png",
        "picked-divergence-cycle-2.png",
        "picked-random-cycle-1.png",
        "picked-random-cycle-2.png",
        "report.html",
    ]
    assert written.name == "report.html"
    for png in written.parent.glob("*.png"):
        assert png.read_bytes().startswith(b"\x89PNG")


def test_parts_come_in_order_with_the_verdict_first(whole: Study, written: Path) -> None:
    shown = read(written)
    assert [s["id"] for s in shown.all("section")] == [
        "verdict",
        "miss-rate",
        "objects",
        "curves",
        "verdicts",
        "table",
        "saving",
        "stopping",
        "frames",
        "fairness",
        "time",
        "settings",
    ]
    judged = judge(whole)
    for line in (headline(judged), *notes(judged)):
        assert line in shown.text
    ids = {a["id"] for _, a in shown.tags if a.get("id")}
    assert {(a["href"] or "#")[1:] for a in shown.all("a")} <= ids


def test_the_page_asks_for_nothing_and_runs_nothing(written: Path) -> None:
    shown, text = read(written), written.read_text(encoding="utf-8")
    assert not shown.all("script") + shown.all("link") + shown.all("iframe")
    for _, attributes in shown.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"src", "href", "xlink:href", "data", "action"}:
                assert (value or "").startswith(("#", "data:image/jpeg;base64,"))
    assert "@import" not in text
    assert all(u.startswith("#") for u in re.findall(r"url\(['\"]?([^)]*)", text))
    assert "default-src 'none'" in text


def test_the_page_is_well_formed_and_accessible(written: Path) -> None:
    shown = read(written)
    assert shown.open == []
    assert shown.all("html")[0]["lang"] == "en"
    assert shown.all("meta")[-1]["name"] == "viewport"
    levels = [int(tag[1]) for tag, _ in shown.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    assert levels.count(1) == 1
    assert all(i.get("alt") for i in shown.all("img"))
    assert len(shown.captions) == len(shown.tables)
    ids = [a["id"] for _, a in shown.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    assert "prefers-color-scheme" in written.read_text(encoding="utf-8")


def test_the_same_study_gives_the_same_bytes(whole: Study, written: Path, tmp_path: Path) -> None:
    second = write(whole, tmp_path / "again").parent
    for path in written.parent.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_hostile_text_stays_text_everywhere(tmp_path: Path) -> None:
    path = picture(tmp_path / "images" / "a.png")
    made = study(
        {EVIL: runs(0.4, 2), "random": runs(0.6, 2)},
        title=EVIL,
        command=EVIL,
        hardware=EVIL,
        settings={EVIL: EVIL},
        classes=(EVIL, "b"),
        references={EVIL: (metrics(0.3),)},
        frames=(frame(path, arm=EVIL, key=EVIL, video=EVIL, reason=EVIL),),
    )
    out = write(made, tmp_path / "out").parent
    shown = read(out / "report.html")
    assert not shown.all("script")
    assert shown.open == []
    assert "alert(1)" in shown.text
    (sheet,) = out.glob("picked-*")
    assert re.fullmatch(r"picked-[A-Za-z0-9_-]+-cycle-1\.png", sheet.name)


def test_arms_of_like_names_keep_sheets_of_their_own(tmp_path: Path) -> None:
    path = picture(tmp_path / "images" / "a.png")
    frames = tuple(frame(path, arm=arm) for arm in ("a/b", "a b", "A-B", "../x"))
    out = write(study({}, frames=frames), tmp_path / "out").parent
    assert len(list(out.glob("picked-*"))) == 4
    assert not (tmp_path / "x-cycle-1.png").exists()


def test_the_page_stays_within_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = picture(tmp_path / "images" / "a.png", (640, 480))  # noise: the worst for JPEG
    noise = np.random.default_rng(1).random((480, 640), dtype=np.float32)
    frames = tuple(frame(path, rank=r, pixel_scores=noise) for r in range(1, 13))
    made = study({"divergence": runs(0.4, 1)}, frames=frames)
    monkeypatch.setattr(page, "PAGE_BYTES", 1_500_000)
    written = write(made, tmp_path / "out")
    assert 700_000 < written.stat().st_size <= 1_500_000
    shown = read(written)
    left_out = re.search(r"(\d+) of 12 picked frames are left out", shown.text)
    assert left_out
    assert len(shown.all("figure")) - 4 == 12 - int(left_out[1])  # four are charts


def test_no_more_frames_than_the_cap_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_FRAMES", 10)
    path = picture(tmp_path / "images" / "a.png")
    frames = tuple(frame(path, cycle=c, arm=a) for c in range(1, 11) for a in ("a", "b"))
    shown = read(write(study({}, frames=frames), tmp_path / "out"))
    assert len(shown.all("img")) == 2 * 10
    assert "10 of 20 picked frames are left out" in shown.text


@pytest.mark.parametrize(
    "rates",
    [{}, {"a": [[None, None]]}, {"a": [[NAN, NAN]]}, {"a": [[0.5]]}, {"a": runs(0.4, 1)}],
    ids=["nothing", "no test set", "NaN", "cycle 0", "one arm, one seed"],
)
def test_poor_studies_still_make_a_page(rates: dict, tmp_path: Path) -> None:
    made = study(rates, settings={}, pool_images=0, pool_instances=None, classes=())
    shown = read(write(made, tmp_path / "out"))
    assert headline(judge(made)) in shown.text
    assert "No picked frames" in shown.text
    assert "nan" not in shown.text.lower().replace("no difference", "")


def test_a_judgement_that_is_there_already_is_shown_as_it_is(tmp_path: Path) -> None:
    made = study({"a": runs(0.4, 6, step=0.004), "random": runs(0.6, 6)})
    judged = judge(made, metric="ap50")
    shown = read(write(made, tmp_path / "out", judgement=judged))
    assert headline(judged) in shown.text
    assert "AP50 by images, boxes and hours" in shown.text
    assert "Higher is better." in shown.text


def test_a_written_page_is_replaced_whole(tmp_path: Path) -> None:
    write(study({}, title="An older page"), tmp_path / "out")
    write(study({}, title="A newer page"), tmp_path / "out")
    text = read(tmp_path / "out" / "report.html").text
    assert "A newer page" in text
    assert "An older page" not in text
    assert not [p for p in (tmp_path / "out").iterdir() if "partial" in p.name]


def test_wrong_arguments_are_named(tmp_path: Path, whole: Study) -> None:
    with pytest.raises(ArgumentError, match="folder"):
        write(whole, picture(tmp_path / "file.png"))


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(
    whole: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ProjectError, match="Free some space"):
        write(whole, tmp_path / "out")


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = (
        "import sys, labelnext.report; "
        "print([m for m in ('matplotlib', 'cv2', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
