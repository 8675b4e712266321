"""Classes are kept, renamed and merged; what is dropped is counted."""

import pytest

from labelnext.data.selection import ClassSelection, chosen
from labelnext.errors import DataError, LabelnextError
from labelnext.types import GroundTruth, ImageRecord, Sample

NAMES = ("car", "person", "rider")


def sample(*classes: int) -> Sample:
    n = len(classes)
    boxes = [[i, 0, i + 1, 1] for i in range(n)]
    visible = [i / 10 for i in range(n)]
    truth = GroundTruth.from_boxes(boxes, classes, [i % 2 for i in range(n)], visible)
    return Sample(ImageRecord("a", "a", 10, 10), truth)


@pytest.mark.parametrize(
    ("classes", "names", "kept", "dropped"),
    [
        (None, NAMES, [(0, 0), (1, 1), (2, 2), (3, 1)], {}),
        (["person"], ("person",), [(1, 0), (3, 0)], {"car": 1, "rider": 1}),
        (["rider", "car"], ("rider", "car"), [(0, 1), (2, 0)], {}),  # both persons are ignored
        (["person", "dog"], ("person", "dog"), [(1, 0), (3, 0)], {"car": 1, "rider": 1}),
        (
            {"person": "human", "rider": "human"},
            ("human",),
            [(1, 0), (2, 0), (3, 0)],
            {"car": 1},
        ),
        ({"car": "person"}, ("person",), [(0, 0)], {"rider": 1}),
    ],
)
def test_kept(
    classes: object, names: tuple[str, ...], kept: list[tuple[int, int]], dropped: dict[str, int]
) -> None:
    select = ClassSelection("x.json", NAMES, classes)  # type: ignore[arg-type]
    assert select.classes == names
    found = select(sample(0, 1, 2, 1))
    assert dict(found.dropped) == dropped
    assert found.sample.truth is not None
    assert [
        (int(box[0]), int(place))
        for box, place in zip(found.sample.truth.xyxy, found.sample.truth.classes, strict=True)
    ] == kept
    assert [int(box[0]) % 2 for box in found.sample.truth.xyxy] == list(found.sample.truth.ignore)
    assert [box[0] / 10 for box in found.sample.truth.xyxy] == list(found.sample.truth.visible)


def test_images_left_empty_are_still_labelled() -> None:
    found = ClassSelection("x.json", NAMES, ["rider"])(sample(0))
    assert found.sample.truth is not None
    assert len(found.sample.truth) == 0
    unlabelled = Sample(ImageRecord("a", "a", 1, 1))
    assert ClassSelection("x.json", NAMES, ["rider"])(unlabelled).sample is unlabelled


def test_none_of_the_classes() -> None:
    with pytest.raises(DataError, match=r"x\.json: has none of the classes dog; it has car"):
        ClassSelection("x.json", NAMES, ["dog"])
    with pytest.raises(DataError, match="none of the classes Person"):
        ClassSelection("x.json", NAMES, {"Person": "person"})


def test_sources_without_classes_take_any() -> None:
    assert ClassSelection("images", (), ["person"]).classes == ("person",)
    assert ClassSelection("images", (), None).classes == ()


def test_classes_to_keep_under_new_names() -> None:
    assert chosen("x", NAMES, None, {}) is None
    assert chosen("x", NAMES, ["car"], {}) == {"car": "car"}
    assert chosen("x", NAMES, ["car"], {"rider": "person"}) == {"car": "car", "rider": "person"}
    assert chosen("x", NAMES, None, {"rider": "person"}) == {
        "car": "car", "person": "person", "rider": "person",
    }  # fmt: skip
    with pytest.raises(LabelnextError, match=r"x has no class 'dog', 'cat'\. Its classes: car, pe"):
        chosen("x", NAMES, ["dog"], {"cat": "car"})
