import json

import numpy as np
import pytest

from labelnext.detectors import maps_file
from labelnext.detectors.predictions_file import PredictionsFile
from labelnext.errors import ArgumentError, DataError, LabelnextError
from labelnext.protocols import Detector, Precomputed, Trainable
from labelnext.types import DenseMaps, MapLevel

IMAGES = [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "b.jpg"}]
CATEGORIES = [{"id": 3, "name": "dog"}, {"id": 5, "name": "car"}, {"id": 6, "name": "person"}]


def box(image=7, category=6, score=0.5, xywh=(1, 2, 3, 4), **extra):
    return {
        "image_id": image,
        "category_id": category,
        "bbox": list(xywh),
        "score": score,
        **extra,
    }


def write(path, content):
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def document(tmp_path):
    """Writes a document of predictions and reads it for the given classes."""

    def make(boxes, classes=("person", "car"), images=IMAGES):
        content = {"images": images, "categories": CATEGORIES, "annotations": boxes}
        return PredictionsFile.create(classes, path=write(tmp_path / "p.json", content))

    return make


def test_satisfies_the_protocols(document):
    found = document([])
    assert isinstance(found, Detector)
    assert isinstance(found, Precomputed)
    assert not isinstance(found, Trainable)


def test_boxes_come_by_key_with_the_projects_classes_best_first(document):
    found = document([box(), box(category=5, score=0.75), box(category=3), box(image=9)])
    first, second, absent = found.lookup(["pool/a.jpg", "pool/b.jpg", "pool/c.jpg"])
    assert absent is None
    assert first.maps is None
    assert first.embedding is None
    assert first.detections.classes.tolist() == [1, 0]
    assert first.detections.scores.tolist() == [0.75, 0.5]
    np.testing.assert_array_equal(first.detections.xyxy, [[1, 2, 4, 6]] * 2)
    assert len(second.detections) == 1


def test_a_listed_image_without_boxes_has_a_prediction(document):
    found = document([box(category=3)])
    assert [len(p.detections) for p in found.lookup(["a.jpg", "b.jpg"])] == [0, 0]


def test_a_bare_list_says_nothing_about_images_without_results(tmp_path):
    labels = write(tmp_path / "labels.json", {"images": IMAGES, "categories": CATEGORIES})
    results = write(tmp_path / "results.json", [box()])
    found = PredictionsFile.create(["person"], path=results, images=labels)
    present, absent = found.lookup(["a.jpg", "b.jpg"])
    assert len(present.detections) == 1
    assert absent is None
    with pytest.raises(ArgumentError, match="'images'"):
        PredictionsFile.create(["person"], path=results)


def test_class_vectors_follow_the_classes(document):
    found = document([box(probabilities=[0.1, 0.2, 0.6, 0.1])])
    vectors = found.lookup(["a.jpg"])[0].detections.probabilities
    np.testing.assert_array_equal(vectors, np.array([[0.6, 0.2, 0.1]], np.float32))
    found = document([box(probabilities=[0.1, 0.2, 0.6])])
    vectors = found.lookup(["a.jpg"])[0].detections.probabilities
    np.testing.assert_array_equal(vectors, np.array([[0.6, 0.2]], np.float32))


def test_load_keeps_all_classes(document, tmp_path):
    document([box()])
    found = PredictionsFile.load(tmp_path / "p.json")
    assert found.classes == ("dog", "car", "person")
    assert found.lookup(["a.jpg"])[0].detections.classes.tolist() == [2]


def test_fingerprint_follows_content_and_classes(document):
    first = document([box()]).fingerprint()
    assert document([box()]).fingerprint() == first
    assert document([box(score=0.25)]).fingerprint() != first
    assert document([box()], classes=("person",)).fingerprint() != first


def test_predicts_nothing_on_pixels(document):
    with pytest.raises(LabelnextError, match="lookup"):
        document([]).predict([np.zeros((2, 2, 3), np.uint8)])


@pytest.mark.parametrize(
    ("boxes", "says"),
    [
        ([box(score=float("nan"))], "result #0.*'score'"),
        ([box(xywh=(0, 0, float("nan"), 1))], "result #0.*'bbox'"),
        ([box(), box(image=8)], "result #1.*'image_id' 8"),
        ([box(category=4)], "result #0.*'category_id' 4"),
        ([box(), box()], r"image 7.*'person' with score 0\.5 is there twice"),
        ([box(probabilities=[0.5])], "result #0.*'probabilities' must be 3 numbers"),
        ([box(probabilities=[0.5, 0.5, 2])], "result #0.*'probabilities' must be"),
        ([box(probabilities=[0.5, 0.5, 0]), box(image=9)], "result #1: has 0"),
    ],
)
def test_faults_name_file_and_record(document, boxes, says):
    with pytest.raises(DataError, match=rf"p\.json, {says}"):
        document(boxes)


def test_a_class_that_the_file_does_not_have(document):
    with pytest.raises(DataError, match=r"no category 'bicycle' \(it has dog, car, person\)"):
        document([], classes=("person", "bicycle"))


def test_images_need_names(document):
    with pytest.raises(DataError, match=r"image 7.*'file_name'"):
        document([], images=[{"id": 7}])


def test_bad_arguments(document):
    with pytest.raises(ArgumentError, match="'path'"):
        PredictionsFile.create(["person"])
    for classes in ([], ["person", "person"]):
        with pytest.raises(ArgumentError, match="'classes'"):
            document([], classes=classes)


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        PredictionsFile.create(["person"], path=tmp_path / "none.json")


def maps_of(classes, activation="sigmoid"):
    rng = np.random.default_rng(classes)
    levels = [
        MapLevel(rng.normal(size=(classes, 6 // s, 8 // s)).astype(np.float32), s) for s in (1, 2)
    ]
    return DenseMaps(tuple(levels), (6, 8), activation)


def test_dense_maps_come_beside_the_boxes(document, tmp_path):
    document([box()])
    written = maps_of(3)
    maps_file.write(tmp_path / "maps" / "a.jpg.npz", written)
    plain = PredictionsFile.load(tmp_path / "p.json")
    found = PredictionsFile.create(
        ["person", "car"], path=tmp_path / "p.json", maps=tmp_path / "maps"
    )
    maps = found.lookup(["pool/a.jpg"])[0].maps
    assert maps.image_size == (6, 8)
    for got, put in zip(maps.levels, written.levels, strict=True):
        np.testing.assert_array_equal(got.logits, put.logits[[2, 1]])
        assert got.stride == put.stride
    with pytest.raises(DataError, match=r"b\.jpg\.npz"):
        found.lookup(["pool/b.jpg"])
    first = found.fingerprint()
    assert first != plain.fingerprint()
    maps_file.write(tmp_path / "maps" / "a.jpg.npz", maps_of(4))
    assert found.fingerprint() != first
    with pytest.raises(DataError, match="has 4 classes; the predictions have 3"):
        found.lookup(["pool/a.jpg"])


@pytest.mark.parametrize("suffix", maps_file.SUFFIXES)
def test_maps_of_both_formats_give_the_same(document, tmp_path, suffix):
    document([box()])
    folder = tmp_path / "maps"
    maps_file.write(folder / f"a.jpg{suffix}", maps_of(3))
    found = PredictionsFile.create(["dog", "car"], path=tmp_path / "p.json", maps=folder)
    first, mark = found.lookup(["a.jpg"])[0].maps, found.fingerprint()
    for got, put in zip(first.levels, maps_of(3).levels, strict=True):
        np.testing.assert_array_equal(got.logits, put.logits[:2])
    maps_file.write(folder / f"a.jpg{suffix}", maps_of(3, "softmax"))
    assert found.fingerprint() != mark
    maps_file.write(folder / f"a.jpg{suffix}", maps_of(3))
    assert found.fingerprint() == mark
    other = next(name for name in maps_file.SUFFIXES if name != suffix)
    maps_file.write(folder / f"a.jpg{other}", maps_of(3))
    with pytest.raises(DataError, match="both hold maps of the image"):
        found.lookup(["a.jpg"])


def test_a_folder_holds_boxes_and_maps(document, tmp_path):
    document([box()])
    folder = tmp_path / "round"
    maps_file.write(folder / "maps" / "a.jpg.safetensors", maps_of(3))
    (tmp_path / "p.json").rename(folder / "predictions.json")
    found = PredictionsFile.create(["car"], path=folder)
    assert found.lookup(["a.jpg"])[0].maps.image_size == (6, 8)
    assert PredictionsFile.load(folder).classes == ("dog", "car", "person")
    mark = found.fingerprint()
    moved = folder.rename(tmp_path / "moved")
    assert PredictionsFile.create(["car"], path=moved).fingerprint() == mark
    alone = PredictionsFile.create(["car"], path=moved / "predictions.json")
    assert alone.lookup(["a.jpg"])[0].maps is None
    (moved / "predictions.json").unlink()
    with pytest.raises(DataError, match=r"moved/predictions\.json: cannot be read"):
        PredictionsFile.create(["car"], path=moved)


def test_softmax_maps_keep_their_background(document, tmp_path):
    document([])
    maps_file.write(tmp_path / "maps" / "a.jpg.npz", maps_of(4, "softmax"))
    found = PredictionsFile.create(["car"], path=tmp_path / "p.json", maps=tmp_path / "maps")
    assert found.lookup(["a.jpg"])[0].maps.levels[0].logits.shape == (4, 6, 8)
