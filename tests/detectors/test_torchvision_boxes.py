"""Boxes and maps of `TorchvisionDetector` against torchvision's own forward pass."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torchvision's detectors need torch")
pytest.importorskip("torchvision", reason="torchvision's detectors need torchvision")

from torchvision.models.detection.anchor_utils import AnchorGenerator  # noqa: E402
from torchvision.models.detection.image_list import ImageList  # noqa: E402

from labelnext.detectors.torchvision_models import TorchvisionDetector  # noqa: E402
from labelnext.detectors.torchvision_models.grids import maps as place  # noqa: E402
from labelnext.detectors.torchvision_models.reading import Level, steps_of  # noqa: E402
from tests.detectors.tiny_torchvision import own  # noqa: E402

LITE = {"model": "ssdlite320_mobilenet_v3_large"}
KINDS = {
    "fcos": own("fcos"),
    "retinanet": own("retinanet"),
    "fasterrcnn": own("fasterrcnn"),
    "ssdlite": {**LITE, "threshold": 0.3},
}


def shaken(kind, classes=("a", "b", "c"), **more):
    """A detector whose weights are drawn widely, so that scores differ; background stays low."""
    detector = TorchvisionDetector.create(classes, seed=0, **{**KINDS[kind], **more})
    network = detector._network
    generator = torch.Generator().manual_seed(1)
    for name, weight in network.named_parameters():
        if weight.dim() > 1 and ("head" in name or kind == "ssdlite"):
            last = "predictor" in name or "cls_logits" in name or name.endswith(".1.weight")
            wide = torch.randn(weight.shape, generator=generator) * (3 if last else 1.4)
            if "box_predictor" in name:
                wide -= wide.mean(1, keepdim=True)  # what it reads is nowhere negative
            weight.data = wide / weight[0].numel() ** 0.5
    if kind in ("fcos", "retinanet"):
        head = network.head.classification_head
        head.cls_logits.bias.data.view(-1, head.num_classes)[:, 0] = -90
        head.cls_logits.weight.data.unflatten(0, (-1, head.num_classes))[:, 0] = 0
    return detector


def pictures(*sizes):
    rng = np.random.default_rng(0)
    smooth = [rng.integers(0, 255, (h // 8 + 1, w // 8 + 1, 3)) for h, w in sizes]
    return [
        np.kron(s, np.ones((8, 8, 1)))[:h, :w].astype(np.uint8)
        for s, (h, w) in zip(smooth, sizes, strict=True)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_are_those_of_torchvision_s_own_forward_pass(kind):
    detector = shaken(kind)
    for image in pictures((96, 130), (150, 90)):
        with torch.no_grad():
            theirs = detector._network([torch.from_numpy(image).permute(2, 0, 1).float() / 255])[0]
        found = detector.predict([image])[0].detections
        assert 5 < len(found) == len(theirs["scores"])
        np.testing.assert_array_equal(found.classes, theirs["labels"].numpy() - 1)
        np.testing.assert_allclose(found.scores, theirs["scores"].numpy(), rtol=1e-5)
        np.testing.assert_allclose(found.xyxy, theirs["boxes"].numpy(), rtol=1e-5, atol=1e-3)
        assert len(set(found.classes.tolist())) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_box_has_its_whole_class_vector_and_what_it_was_seen_as(kind):
    found = shaken(kind).predict(pictures((96, 130)))[0].detections
    vectors, n = found.probabilities, np.arange(len(found))
    np.testing.assert_array_equal(vectors[n, found.classes], found.scores)
    assert found.features.shape[0] == len(found)
    assert np.isfinite(found.features).all()
    if kind in ("fasterrcnn", "ssdlite"):
        assert vectors.shape[1] == 4  # the background last
        np.testing.assert_allclose(vectors.sum(1), 1, atol=1e-5)
    else:
        assert vectors.shape[1] == 3


@pytest.mark.parametrize("kind", ["fcos", "retinanet"])
def test_features_are_what_the_class_head_read_at_the_box(kind):
    """The class vector comes out again when the last layer is put over them."""
    detector = shaken(kind)
    found = detector.predict(pictures((96, 130)))[0].detections
    layer = detector._network.head.classification_head.cls_logits
    layer.weight.data[:, :, [0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 0, 1, 2]] = 0  # 1×1 is left
    found = detector.predict(pictures((96, 130)))[0].detections
    with torch.no_grad():
        seen = torch.from_numpy(found.features)[:, :, None, None]
        again = torch.nn.functional.conv2d(seen, layer.weight[:, :, 1:2, 1:2], layer.bias)
    logits = again.reshape(len(found), -1, 4)[:, :, 1:].double()
    if kind == "retinanet":
        wanted = np.log(found.probabilities / (1 - found.probabilities.astype(np.float64)))
        nearest = np.abs(logits.numpy() - wanted[:, None]).max(2).min(1)
        assert nearest.max() < 1e-2
    else:  # up to the centredness, the same factor for every class
        ratio = found.probabilities.astype(np.float64) ** 2 / torch.sigmoid(logits[:, 0]).numpy()
        np.testing.assert_allclose(ratio, ratio[:, :1].repeat(3, 1), rtol=1e-3)


@pytest.mark.parametrize("kind", ["fcos", "retinanet", "ssdlite"])
def test_the_highest_map_is_the_highest_score(kind):
    """Top scores of maps and boxes agree, class by class, where no padding scores higher."""
    prediction = shaken(kind).predict(pictures((96, 128)))[0]
    maps, found = prediction.maps, prediction.detections
    best = np.full(3, 0.0)
    for level in maps.levels:
        values = level.logits.astype(np.float64)
        if maps.activation == "softmax":
            p = np.exp(values) / np.exp(values).sum(0)
            assert len(p) == 4
            continue
        p = 1 / (1 + np.exp(-values))
        best = np.maximum(best, p[:3].max((1, 2)))
    if maps.activation == "sigmoid":
        for k in range(3):
            scores = found.scores[found.classes == k]
            assert len(scores)
            assert scores[0] == pytest.approx(best[k], abs=1e-5)


def test_ssd_s_map_takes_the_anchor_with_the_least_background():
    detector = shaken("ssdlite")
    image = pictures((320, 320))[0]
    maps, network = detector.predict([image])[0].maps, detector._network
    with torch.no_grad():
        inputs, _ = network.transform([torch.from_numpy(image).permute(2, 0, 1).float() / 255])
        features = list(network.backbone(inputs.tensors).values())
        heads = network.head.classification_head.module_list
        for level, feature, head in zip(maps.levels, features, heads, strict=True):
            raw = head(feature)[0]
            _, h, w = raw.shape
            assert level.logits.shape == (4, h, w)
            for i in range(h):
                for j in range(w):
                    anchors = torch.softmax(raw[:, i, j].reshape(-1, 4).double(), 1).numpy()
                    least = anchors[anchors[:, 0].argmin()]
                    p = np.exp(level.logits[:, i, j].astype(np.float64))
                    np.testing.assert_allclose(p / p.sum(), least[[1, 2, 3, 0]], atol=1e-5)


@pytest.mark.parametrize("size", [(96, 124), (320, 400), (213, 640), (800, 1066)])
def test_cells_of_a_map_lie_about_the_anchors_of_their_location(size):
    """Witness: torchvision's own anchors, on inputs padded to 32, for strides up to 128."""
    whole = tuple(-(-side // 32) * 32 for side in size)
    levels = [
        torch.zeros(1, 1, -(-whole[0] // s), -(-whole[1] // s)) for s in (4, 8, 16, 32, 64, 128)
    ]
    make = AnchorGenerator(((2,),) * 6, ((1.0,),) * 6)
    anchors = make(ImageList(torch.zeros(1, 3, *whole), [size]), levels)[0]
    start = 0
    for level in levels:
        h, w = level.shape[2:]
        mine = (anchors[start : start + h * w, :2] + 1).numpy()  # x, y of each location
        start += h * w
        for k in {0, min(w + 1, h * w - 1), (h // 2) * w + w // 2, (h - 1) * w}:
            planted = torch.full((1, 1, h, w), -9.0)
            planted.view(-1)[k] = 9.0
            x, y = mine[k]
            shown = place([Level(planted, steps_of(whole, planted), corner=True)], size, "sigmoid")[
                0
            ]
            logits, stride = shown.levels[0].logits[0], shown.levels[0].stride
            assert logits.shape == tuple(-(-side // stride) for side in size)
            rows, columns = np.nonzero(logits > 0)
            if x >= size[1] or y >= size[0]:
                continue
            assert len(rows)
            exact = all(side % (2 * stride) == 0 for side in whole)
            for at, cells, side, index, last in (
                (y, rows, size[0], k // w, h - 1),
                (x, columns, size[1], k % w, w - 1),
            ):
                centres = (cells + 0.5) * stride
                assert abs(centres - at).min() <= stride
                if exact and 0 < index < last and at < side - stride:  # else cut, or all the rest
                    assert centres.mean() == pytest.approx(at)


def test_ssd_s_grids_keep_their_own_whole_strides():
    """The centres of torchvision's default boxes, within a pixel of the centres of the cells."""
    from torchvision.models.detection import ssd300_vgg16

    lite = shaken("ssdlite")._network
    vgg = ssd300_vgg16(weights=None, weights_backbone=None, num_classes=2)
    grids = {300: (vgg, (38, 19, 10, 5, 3, 1)), 320: (lite, (20, 10, 5, 3, 2, 1))}
    strides = {300: (8, 16, 32, 64, 100, 300), 320: (16, 32, 64, 107, 160, 320)}
    from labelnext.detectors.torchvision_models.ssd import _steps

    for side, (network, sizes) in grids.items():
        features = [torch.zeros(1, 1, s, s) for s in sizes]
        images = ImageList(torch.zeros(1, 3, side, side), [(side, side)])
        each = network.anchor_generator.num_anchors_per_location()
        boxes = network.anchor_generator(images, features)[0]
        parts = boxes.split([s * s * a for s, a in zip(sizes, each, strict=True)])
        for k, (part, s) in enumerate(zip(parts, sizes, strict=True)):
            level = Level(features[k], _steps(network, images, k, (s, s)), corner=False)
            shown = place([level], (side, side), "softmax")[0].levels[0]
            assert shown.stride == strides[side][k]
            assert shown.logits.shape[1:] == (s, s)
            centres = ((part[:, :2] + part[:, 2:]) / 2).reshape(s, s, each[k], 2)[:, :, 0]
            wanted = (np.arange(s) + 0.5) * shown.stride
            np.testing.assert_allclose(centres[0, :, 0], wanted, atol=1)
            np.testing.assert_allclose(centres[:, 0, 1], wanted, atol=1)
