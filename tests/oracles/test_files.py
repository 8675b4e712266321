import json

import numpy as np
import pytest

from labelnext.errors import ArgumentError, DataError
from labelnext.masks import unpack
from labelnext.oracles import FileOracle
from labelnext.protocols import Oracle
from tests.oracles.folders import KEYS, answer, names, one_box, records

CLASSES = ("person", "car")
BOX = (1, 2, 10, 20)


@pytest.fixture
def oracle(tmp_path):
    asked = FileOracle(tmp_path / "round", CLASSES)
    asked.request(records(tmp_path), [one_box()] * 3)
    return asked


@pytest.fixture
def name(oracle):
    return names(oracle.folder)


def put(oracle, *arguments, file="labels.json", **options):
    answer(oracle.folder / file, *arguments, **options)


def test_satisfies_the_protocol(oracle):
    asked: Oracle = oracle
    assert asked.collect() == {}


def test_before_anything_was_asked(tmp_path):
    assert FileOracle(tmp_path / "nowhere", CLASSES).collect() == {}


def test_boxes_come_back_by_file_name_and_class_name(oracle, name):
    """Ids and the order of classes are the tool's own; a class of no box may be unknown."""
    put(
        oracle,
        [(name[KEYS[2]], {}), (name[KEYS[0]], {})],
        [(0, 1, BOX, {}), (1, 2, BOX, {"iscrowd": 1}), (1, 1, (0, 0, 5, 5), {"visible": 0.5})],
        classes=("dog", "car", "person"),
    )
    truths = oracle.collect()
    assert set(truths) == {KEYS[0], KEYS[2]}
    np.testing.assert_array_equal(truths[KEYS[2]].xyxy, [[1, 2, 11, 22]])
    np.testing.assert_array_equal(truths[KEYS[2]].classes, [1])
    np.testing.assert_array_equal(truths[KEYS[0]].classes, [0, 1])
    np.testing.assert_array_equal(truths[KEYS[0]].ignore, [True, False])
    np.testing.assert_array_equal(truths[KEYS[0]].visible, [1, 0.5])


@pytest.mark.parametrize("before", ["images/", "C:\\upload\\", "../../upload/1/3f2a9c01-", "x-"])
def test_folders_and_prefixes_that_tools_add(oracle, name, before):
    put(oracle, [(before + name[KEYS[1]], {})], [(0, 0, BOX, {})])
    assert set(oracle.collect()) == {KEYS[1]}


def test_an_image_without_boxes_is_empty_only_if_somebody_says_so(oracle, name):
    put(oracle, [(name[KEYS[0]], {}), (name[KEYS[1]], {"labelled": True})])
    answers = oracle.answers()
    assert set(answers.truths) == {KEYS[1]}
    assert len(answers.truths[KEYS[1]]) == 0
    assert answers.empty == {KEYS[0]}
    taken = FileOracle(oracle.folder, CLASSES, accept_empty=True).answers()
    assert set(taken.truths) == {KEYS[0], KEYS[1]}
    assert taken.empty == set()


def test_what_nobody_confirmed_is_no_answer(oracle, name):
    put(
        oracle,
        [
            (name[KEYS[0]], {"labelled": False}),
            (name[KEYS[1]], {}),
            (name[KEYS[2]], {"labelled": True}),
        ],
        [(0, 0, BOX, {}), (1, 0, BOX, {"score": 0.5}), (2, 0, BOX, {"score": 0.5})],
    )
    for oracle_ in (oracle, FileOracle(oracle.folder, CLASSES, accept_empty=True)):
        answers = oracle_.answers()
        assert set(answers.truths) == {KEYS[2]}
        assert answers.unconfirmed == {KEYS[0], KEYS[1]}


def test_prelabels_handed_in_as_they_are_teach_nothing(oracle):
    copied = (oracle.folder / "prelabels.json").read_text(encoding="utf-8")
    (oracle.folder / "labels.json").write_text(copied, encoding="utf-8")
    answers = oracle.answers()
    assert answers.truths == {}
    assert answers.unconfirmed == set(KEYS)


def test_a_later_file_replaces_and_says_so(oracle, name):
    put(oracle, [(name[KEYS[0]], {}), (name[KEYS[1]], {})], [(0, 0, BOX, {}), (1, 0, BOX, {})])
    for file, xywh in (("labels-10.json", (0, 0, 4, 4)), ("labels-2.json", (0, 0, 3, 3))):
        put(oracle, [(name[KEYS[1]], {}), (name[KEYS[2]], {})], [(0, 1, xywh, {})], file=file)
    put(oracle, [(name[KEYS[2]], {})], [(0, 0, BOX, {})], file="annotations/instances.json")
    answers = oracle.answers()
    assert [path.name for path in answers.files] == [
        "labels.json",
        "labels-2.json",
        "labels-10.json",
        "instances.json",
    ]
    assert answers.replaced == {KEYS[1]}
    assert set(answers.truths) == set(KEYS)
    assert answers.empty == set()
    np.testing.assert_array_equal(answers.truths[KEYS[1]].xyxy, [[0, 0, 4, 4]])


def test_a_box_that_sticks_out_a_little_is_cut_and_reported(oracle, name):
    put(oracle, [(name[KEYS[0]], {})], [(0, 0, (-1.5, 0, 10, 31), {}), (0, 1, (0, 0, 40, 30), {})])
    answers = oracle.answers()
    np.testing.assert_allclose(answers.truths[KEYS[0]].xyxy, [[0, 0, 8.5, 30], [0, 0, 40, 30]])
    assert len(answers.problems) == 1
    assert "annotation 9: cut by 1.50 px" in answers.problems[0]


def test_images_of_other_rounds_without_boxes_do_not_matter(oracle, name):
    put(oracle, [("other.png", {}), (name[KEYS[0]], {})], [(1, 0, BOX, {})])
    assert set(oracle.collect()) == {KEYS[0]}


@pytest.mark.parametrize(
    ("box", "says"),
    [
        ((0, 0, BOX, {"category_id": 5}), "annotation 9.*'category_id' 5"),
        ((0, 0, BOX, {"image_id": 5}), "annotation 9.*'image_id' 5"),
        ((0, 2, BOX, {}), "annotation 9.*'dog' is not one of the classes: person, car"),
        ((0, 0, (0, 0, 0, 5), {}), "annotation 9.*no area"),
        ((0, 0, (0, 0, 5, -5), {}), "annotation 9.*no area"),
        ((0, 0, (30, 0, 20, 5), {}), r"annotation 9.*10\.0 px out of the image of 40 x 30"),
        ((0, 0, (90, 90, 5, 5), {}), "annotation 9.*out of the image"),
        ((0, 0, (0, 0, float("nan"), 5), {}), "annotation 9.*'bbox' must be"),
        ((0, 0, (0, 0, 5), {}), "annotation 9.*'bbox' must be"),
    ],
)
def test_a_bad_box_is_named(oracle, name, box, says):
    put(oracle, [(name[KEYS[0]], {})], [box], classes=("person", "car", "dog"))
    with pytest.raises(DataError, match=rf"labels\.json, .*{says}"):
        oracle.collect()


def test_a_box_twice(oracle, name):
    put(oracle, [(name[KEYS[0]], {})], [(0, 0, BOX, {}), (0, 0, BOX, {})])
    with pytest.raises(DataError, match=r"annotation 10.*the same as annotation 9"):
        oracle.collect()
    put(oracle, [(name[KEYS[0]], {})], [(0, 0, BOX, {}), (0, 1, BOX, {})])
    assert len(oracle.collect()[KEYS[0]]) == 2


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([("stranger.png", {})], "image 70.*1 boxes on 'stranger.png'.*not asked for"),
        ([("{0}", {"width": 80, "height": 60})], "image 70.*80 x 60 px and asked for at 40 x 30"),
        ([("{0}", {}), ("{0}", {})], "image 71.*used twice"),
        ([("{0}", {}), ("images/{0}", {})], "image 71.*under another name already"),
        ([("{0}", {"file_name": None})], "image 70.*lacks 'file_name'"),
    ],
)
def test_a_bad_image_is_named(oracle, name, images, says):
    images = [(file.format(name[KEYS[0]]), extra) for file, extra in images]
    put(oracle, images, [(0, 0, BOX, {})])
    with pytest.raises(DataError, match=rf"labels\.json, {says}"):
        oracle.collect()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": 3}', "\udcff"])
def test_a_file_that_is_not_coco(oracle, text):
    (oracle.folder / "labels.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"labels\.json"):
        oracle.collect()


def test_answers_survive_overwritten_prelabels(oracle, name):
    """A tool that saved into prelabels.json: renaming the file is all it takes."""
    path = oracle.folder / "prelabels.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for annotation in document["annotations"]:
        del annotation["score"]
    for image in document["images"]:
        del image["labelled"], image["key"]
    (oracle.folder / "labels.json").write_text(json.dumps(document), encoding="utf-8")
    path.unlink()
    assert set(oracle.collect()) == set(KEYS)


@pytest.mark.parametrize("classes", [(), ("a", "a")])
def test_classes_are_names_each_once(tmp_path, classes):
    with pytest.raises(ArgumentError, match="'classes'"):
        FileOracle(tmp_path, classes)


def test_masks_come_back_where_they_are_asked_for(oracle, name):
    outline = [[1, 2, 11, 2, 11, 22, 1, 22]]
    put(
        oracle,
        [(name[KEYS[0]], {}), (name[KEYS[1]], {})],
        [(0, 0, BOX, {"segmentation": outline}), (0, 0, (20, 2, 5, 5), {"segmentation": []}),
         (1, 0, BOX, {})],
    )  # fmt: skip
    assert oracle.collect()[KEYS[0]].masks is None
    truths = FileOracle(oracle.folder, CLASSES, masks=True).collect()
    assert truths[KEYS[1]].masks is None
    planes = unpack(truths[KEYS[0]].masks, (30, 40))
    assert planes[0, 2:22, 1:11].all()
    assert planes[0].sum() == 200
    assert truths[KEYS[0]].masks[1] is None


def test_a_wrong_mask_is_named(oracle, name):
    put(oracle, [(name[KEYS[0]], {})], [(0, 0, BOX, {"segmentation": [[1, 2, 3]]})])
    oracle.collect()
    with pytest.raises(DataError, match=r"labels\.json, annotation 9 on .*'segmentation' that"):
        FileOracle(oracle.folder, CLASSES, masks=True).collect()
