import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelnext.report import gallery
from labelnext.types import Detections, GroundTruth
from tests.report.studies import Page, frame, picture, study


def shown(study_, frames, room: int = 10**7) -> Page:
    made = gallery.cards(study_, frames, room=room)
    return Page(gallery.section(study_, made, ["divergence", "random"]))


def test_a_card_says_everything_about_its_frame(tmp_path: Path) -> None:
    one = frame(picture(tmp_path / "a.png"), rank=3, cycle=2, seed=5)
    page = shown(study({}, frames=(one,)), [one])
    for words in (
        "Cycle 2",
        "divergence",
        "rank 3 · score 0.75",
        "best of 100",
        "a.png, video street, frame 7",
        "divergence, cycle 2, seed 5: 1 labelled object, 2 detections",
    ):
        assert words in page.text
    assert [i["alt"] for i in page.all("img")] == [
        "a.png: 1 labelled object, 2 detections",
        "pixel scores of a.png, highest 1.5",
    ]
    assert all((i["src"] or "").startswith("data:image/jpeg;base64,") for i in page.all("img"))


def test_boxes_are_drawn_where_they_are_in_colours_of_their_own(tmp_path: Path) -> None:
    one = frame(picture(tmp_path / "a.png"))
    page = shown(study({}, frames=(one,)), [one])
    assert page.all("svg")[-1]["viewbox"] == "0 0 60 40"
    drawn = [
        (r["class"], r["x"], r["y"], r["width"], r["height"])
        for r in page.all("rect")
        if r["class"] != "casing" and r["width"] != "22"
    ]
    assert drawn == [
        ("truth", "21.0", "9.0", "10.0", "12.0"),
        ("ignored", "40.0", "5.0", "10.0", "25.0"),
        ("found", "20.0", "10.0", "10.0", "10.0"),
        ("found", "1.0", "1.0", "4.0", "8.0"),
    ]
    assert "0.90" in page.text
    assert "0.25" in page.text


def test_what_a_frame_lacks_is_said_and_the_rest_is_shown(tmp_path: Path) -> None:
    bare = frame(
        picture(tmp_path / "a.png"),
        score=None,
        video=None,
        frame=None,
        pixel_scores=None,
        detections=None,
        truth=None,
    )
    page = shown(study({}, frames=(bare,)), [bare])
    assert "rank 1 · no score" in page.text
    assert "No pixel scores: this pick was made without any." in page.text
    assert "video" not in page.text
    assert "detections" not in page.text.replace("detection with", "")
    missing = frame(tmp_path / "none.png")
    page = shown(study({}, frames=(missing,)), [missing])
    assert "No image: the file cannot be read: No such file or directory." in page.text
    assert len(page.all("img")) == 1


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    evil = '"><img src=x onerror=alert(1)><script>'
    one = frame(
        picture(tmp_path / "a.png"), key=evil, video=evil, reason=evil, arm=evil, score=None
    )
    made = study({}, frames=(one,), classes=(evil, "b"))
    page = shown(made, [one])
    assert "script" not in {tag for tag, _ in page.tags}
    assert len(page.all("img")) == 2
    assert page.text.count(evil) >= 4


def test_classes_are_named_where_there_are_several(tmp_path: Path) -> None:
    found = Detections(
        np.array([[1, 1, 5, 5], [9, 9, 20, 20]], np.float32),
        np.array([0.8, 0.7], np.float32),
        np.array([1, 9]),
    )
    one = frame(picture(tmp_path / "a.png"), detections=found)
    page = shown(study({}, frames=(one,), classes=("car", "dog")), [one])
    assert "dog 0.80" in page.text
    assert "class 9 0.70" in page.text


def test_crowds_of_detections_are_cut_to_the_best_and_odd_boxes_dropped(tmp_path: Path) -> None:
    n = gallery.MOST_BOXES + 20
    rng = np.random.default_rng(0)
    xyxy = rng.random((n, 4)).astype(np.float32) * 30
    xyxy[-1] = np.nan
    scores = np.linspace(0.1, 0.9, n, dtype=np.float32)
    one = frame(
        picture(tmp_path / "a.png"),
        detections=Detections(xyxy, scores, np.zeros(n, np.int64)),
        truth=GroundTruth.from_boxes([]),
    )
    page = shown(study({}, frames=(one,)), [one])
    drawn = [r for r in page.all("rect") if r["class"] == "found" and r["width"] != "22"]
    assert len(drawn) == gallery.MOST_BOXES - 1
    assert f"{n} detections, the best {gallery.MOST_BOXES} drawn" in page.text
    assert all(float(r["width"] or -1) >= 0 for r in drawn)


def test_cards_stop_where_the_room_ends_and_the_page_says_so(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    frames = tuple(frame(path, rank=r) for r in range(1, 9))
    made = study({}, frames=frames)
    whole = gallery.cards(made, frames, room=10**7)
    room = sum(len(c.html.encode()) for c in whole[:3]) + 10
    some = gallery.cards(made, frames, room=room)
    assert [c.frame.rank for c in some] == [1, 2, 3]
    assert "5 of 8 picked frames are left out" in Page(gallery.section(made, some, [])).text
    assert "left out" not in Page(gallery.section(made, whole, [])).text


def test_arms_have_scales_of_their_own(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    high = dataclasses.replace(frame(path), arm="b", pixel_scores=np.full((4, 6), 8, np.float32))
    scales = gallery.scales_of([frame(path), high])
    assert scales == {"divergence": (0.0, 1.5), "b": (0.0, 8.0)}


def test_first_and_last_cycles_are_open_and_headings_nest(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    frames = tuple(frame(path, cycle=c, arm=a) for c in (1, 2, 3) for a in ("random", "divergence"))
    page = shown(study({}, frames=frames), frames)
    assert ["open" in d for d in page.all("details")] == [True, False, True]
    order = [tag for tag, _ in page.tags if tag in {"h3", "h4"}]
    assert order == ["h3", "h4", "h4"] * 3
    assert page.text.index("divergence") < page.text.index("random")


def test_no_frames() -> None:
    assert "No picked frames" in gallery.section(study({}), [], [])


@pytest.mark.parametrize(("n", "width"), [(24, 720), (25, 560), (49, 440)])
def test_more_frames_are_shown_smaller(tmp_path: Path, n: int, width: int) -> None:
    path = picture(tmp_path / "a.png", (800, 20))
    frames = [frame(path, pixel_scores=None, rank=r) for r in range(n)]
    (first, *_) = gallery.cards(study({}), frames, room=10**7)
    assert first.shown.image is not None
    assert first.shown.image.shape[1] == width
