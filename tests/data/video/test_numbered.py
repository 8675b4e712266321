"""Stills with numbered names as frames of videos, and the hint that they may be."""

import json

import pytest

from labelnext.data.dataset import SampleSet
from labelnext.data.source import open_source
from labelnext.data.video.numbered import Rows, as_sequences, numbered
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.types import ImageRecord, Sample


def stills(*keys):
    return SampleSet(("person",), [Sample(ImageRecord(key, f"/{key}", 8, 8)) for key in keys])


def places(dataset):
    return [(s.record.video, s.record.frame, s.record.seconds) for s in dataset.samples()]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a/b/000123.jpg", ("a/b", "#", 123)), ("7.png", (".", "#", 7)),
     ("x/cam2_0009-left.jpg", ("x", "cam2_#-left", 9)), ("x/still.jpg", None),
     ("x/12345678901234567890.jpg", None), ("x/v1.2/f.jpg", None)],
)  # fmt: skip
def test_names_are_taken_apart(key, expected):
    assert numbered(key) == expected


def test_stills_become_frames_by_folder_and_the_rest_of_the_name():
    found = as_sequences(stills("a/1.jpg", "a/003.jpg", "b/l_5.jpg", "b/r_5.jpg"), fps=2)
    assert places(found) == [
        ("a/#", 1, 0.0), ("a/#", 3, 1.0), ("b/l_#", 5, 0.0), ("b/r_#", 5, 0.0),
    ]  # fmt: skip
    assert (found.classes, len(found), list(found.notes)) == (("person",), 4, [])
    assert places(found) == places(found), "drawn twice, it is the same"


def test_what_cannot_be_a_frame_stays_a_still_and_is_noted():
    frame = ImageRecord("c.avi/4", "/c.avi", 8, 8, "c.avi", 4, 0.4)
    both = SampleSet((), [*stills("x.jpg", "1.jpg", "01.jpg").items, Sample(frame)])
    found = as_sequences(both)
    assert places(found) == [(None,) * 3, ("#", 1, None), (None,) * 3, ("c.avi", 4, 0.4)]
    assert found.notes == [
        "x.jpg: an image without a usable number in its name, left a still",
        "01.jpg: an image with the number of another, left a still",
    ]


def test_time_stamps_as_names_are_counted_from_the_first():
    base = 1_700_000_000_000_000_000
    found = as_sequences(stills(f"{base}.jpg", f"{base + 40_000_000}.jpg"))
    assert places(found) == [("#", 0, None), ("#", 40_000_000, None)]


def test_a_source_can_ask_for_it(tmp_path):
    images = [{"id": i + 1, "file_name": f"{i:03d}.jpg", "width": 8, "height": 8} for i in range(3)]
    document = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "person"}]}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(document))
    source = open_source(f"coco[sequence=true,fps=10]:{path}")
    assert source.spec == f"coco[sequence=true,fps=10]:{path}"
    assert places(source) == [("#", 0, 0.0), ("#", 1, 0.1), ("#", 2, 0.2)]
    assert places(open_source(f"coco:{path}")) == [(None, None, None)] * 3
    assert places(open_source(f"coco[sequence=false]:{path}")) == [(None, None, None)] * 3
    for spec, error, says in (
        (f"coco[sequence=2]:{path}", ArgumentError, "true or false"),
        (f"coco[sequence=true,fps=0]:{path}", ArgumentError, "fps"),
        (f"coco[fps=3]:{path}", LabelnextError, "no option fps. Options: images, .*sequence"),
        (f"frames[sequence=true]:{tmp_path}", LabelnextError, "frames has no option sequence"),
    ):
        with pytest.raises(error, match=says):
            open_source(spec)


def test_rows_of_numbers_are_noticed():
    rows = Rows()
    for i in range(60):
        rows.see(f"a/{2 * i:04d}.jpg")  # every other frame
        rows.see(f"b/{50 * i:06d}.jpg")  # an id, with gaps
    for i in range(49):
        rows.see(f"c/{i}.jpg")  # too few to tell
    rows.see("d.jpg")
    assert rows.images == 60
