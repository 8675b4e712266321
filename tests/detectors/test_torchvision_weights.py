"""Weights of `TorchvisionDetector` from elsewhere: files, class rows, downloads, backbones."""

import inspect

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torchvision's detectors need torch")
torchvision = pytest.importorskip("torchvision", reason="torchvision's detectors need torchvision")

from safetensors.torch import save_file  # noqa: E402

from labelnext.detectors.torchvision_models import TorchvisionDetector  # noqa: E402
from labelnext.errors import ArgumentError, CheckpointError  # noqa: E402
from tests.detectors.test_torchvision_boxes import pictures, shaken  # noqa: E402
from tests.detectors.tiny_torchvision import own  # noqa: E402

KNOWN = ["cat", "traffic light", "person"]
KINDS = ["fcos", "retinanet", "fasterrcnn", "ssdlite"]


def arguments(kind, **more):
    base = {"model": "ssdlite320_mobilenet_v3_large"} if kind == "ssdlite" else own(kind)
    return {**base, **more}


def saved(detector, path):
    torch.save(detector._network.state_dict(), path)
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_class_outputs_follow_the_names(tmp_path, kind):
    """Two of three classes, in another order and spelling: their maps and vectors stay."""
    theirs = shaken(kind, KNOWN)
    path = saved(theirs, tmp_path / "a.pth")
    ours = TorchvisionDetector.create(
        ["Person", "traffic-light"], seed=0,
        **arguments(kind, weights=path, weights_classes=KNOWN, threshold=0.0, nms=1.0),
    )  # fmt: skip
    image = pictures((96, 128))[0]
    one, two = (d.predict([image])[0].maps for d in (theirs, ours))
    for a, b in zip(one.levels, two.levels, strict=True):
        if kind == "fasterrcnn":
            np.testing.assert_array_equal(a.logits, b.logits)
        elif kind == "ssdlite":  # shares are the same among those that are left
            assert b.logits.shape[0] == 3
            if b.logits.shape[1] > 1:
                assert np.isfinite(b.logits).all()
        else:
            np.testing.assert_allclose(a.logits[[2, 1]], b.logits, atol=1e-5)
    heads = ours._network.state_dict()
    source = theirs._network.state_dict()
    picked = [name for name in heads if heads[name].shape != source[name].shape]
    for name in picked:
        rows = 4 if "bbox_pred" in name else 1
        blocks = {"retinanet": 9, "ssdlite": 6}.get(kind, 1)
        for block in range(blocks):
            for mine, place in ((0, 0), (1, 3), (2, 2)):
                a = source[name][(block * 4 + place) * rows :][:rows]
                b = heads[name][(block * 3 + mine) * rows :][:rows]
                assert torch.equal(a, b), (name, block, mine)
    assert picked
    for name in set(heads) - set(picked):
        assert torch.equal(heads[name], source[name])


def test_coco_s_classes_are_known(tmp_path):
    model = "ssdlite320_mobilenet_v3_large"
    coco = torchvision.models.detection.ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=91
    )
    torch.save({"model": coco.state_dict(), "epoch": 3}, tmp_path / "coco.pth")
    path = str(tmp_path / "coco.pth")
    ours = TorchvisionDetector.create(["dog", "person"], seed=0, model=model, weights=path)
    name = "head.classification_head.module_list.0.1.weight"
    rows = coco.state_dict()[name].reshape(6, 91, -1)[:, [0, 18, 1]]  # COCO's ids
    assert torch.equal(ours._network.state_dict()[name], rows.reshape(18, -1, 1, 1))
    fresh = TorchvisionDetector.create(["hat"], seed=0, model=model, weights=path)
    drawn = TorchvisionDetector.create(["hat"], seed=0, model=model).save(tmp_path / "f.st")
    other = TorchvisionDetector.load(tmp_path / "f.st")._network.state_dict()
    assert drawn is None
    assert torch.equal(fresh._network.state_dict()[name], other[name])  # drawn by the seed
    body = "backbone.extra.0.0.0.weight"
    assert torch.equal(fresh._network.state_dict()[body], coco.state_dict()[body])


def test_as_many_classes_as_the_project_s_are_the_project_s(tmp_path):
    theirs = shaken("fcos", ["x", "y"])
    plain = {name: value.contiguous() for name, value in theirs._network.state_dict().items()}
    save_file(plain, tmp_path / "a.safetensors")
    path = str(tmp_path / "a.safetensors")
    ours = TorchvisionDetector.create(["a", "b"], seed=5, **arguments("fcos", weights=path))
    assert all(
        torch.equal(value, theirs._network.state_dict()[name])
        for name, value in ours._network.state_dict().items()
    )
    fresh = TorchvisionDetector.create(
        ["a", "b"], seed=5, **arguments("fcos", weights=path, head="new")
    )
    name = "head.classification_head.cls_logits.weight"
    assert not torch.equal(fresh._network.state_dict()[name], theirs._network.state_dict()[name])


def test_unknown_classes_are_asked_for(tmp_path):
    path = saved(shaken("fcos", KNOWN), tmp_path / "a.pth")
    with pytest.raises(ArgumentError, match="the names of the 3 classes"):
        TorchvisionDetector.create(["person"], seed=0, **arguments("fcos", weights=path))
    with pytest.raises(ArgumentError, match="Got 2 names"):
        TorchvisionDetector.create(
            ["a"], seed=0, **arguments("fcos", weights=path, weights_classes=["a", "b"])
        )
    TorchvisionDetector.create(["person"], seed=0, **arguments("fcos", weights=path, head="new"))


def test_unfit_files_are_named(tmp_path):
    def create(path, kind="fcos"):
        return TorchvisionDetector.create(["a"], seed=0, **arguments(kind, weights=str(path)))

    with pytest.raises(CheckpointError, match="no such weights file"):
        create(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(CheckpointError, match="cannot be read as plain tensors") as caught:
        create(tmp_path / "text.pth")
    assert "\n" not in str(caught.value)
    torch.save(shaken("fcos", ["a"])._network, tmp_path / "whole.pth")
    with pytest.raises(CheckpointError, match=r"Save model\.state_dict"):
        create(tmp_path / "whole.pth")
    path = saved(shaken("fcos", ["a"]), tmp_path / "fcos.pth")
    with pytest.raises(CheckpointError, match="of another architecture"):
        create(path, "fasterrcnn")
    tensors = torch.load(path, weights_only=True)
    tensors["backbone.layers.0.weight"] = torch.zeros(32, 3, 3, 3)
    torch.save(tensors, path)
    with pytest.raises(CheckpointError, match=r"layers\.0\.weight") as caught:
        create(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "weights"),
    [("fcos_resnet50_fpn", "COCO_V7_Weights.X"), ("fcos", "DEFAULT")],
)
def test_weights_that_torchvision_has_not_are_named(model, weights):
    more = own("fcos") if model == "fcos" else {"model": model}
    with pytest.raises(ArgumentError, match="weights"):
        TorchvisionDetector.create(["person"], seed=0, **{**more, "weights": weights})


@pytest.mark.parametrize("weights", ["DEFAULT", "COCO_V1"])
def test_without_a_network_the_file_is_asked_for(tmp_path, monkeypatch, weights):
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    with pytest.raises(CheckpointError, match=r"could not download .*\.pth elsewhere") as caught:
        TorchvisionDetector.create(
            ["person"], seed=0, model="ssdlite320_mobilenet_v3_large", weights=weights
        )
    assert "\n" not in str(caught.value)


def test_weights_of_a_backbone_alone(tmp_path):
    timm = pytest.importorskip("timm")
    whole = timm.create_model("mobilenetv3_small_050")
    save_file(whole.state_dict(), tmp_path / "body.safetensors")
    base = {"model": "fcos", "backbone": "timm:mobilenetv3_small_050", "fpn_channels": 64}
    path = str(tmp_path / "body.safetensors")
    ours = TorchvisionDetector.create(["a"], seed=0, **base, backbone_weights=path)
    body = ours._network.backbone.body.state_dict()
    assert len(body) > 50
    assert all(torch.equal(value, whole.state_dict()[name]) for name, value in body.items())
    assert ours._network.transform.image_mean == pytest.approx(list(whole.pretrained_cfg["mean"]))
    short = {k: v for k, v in whole.state_dict().items() if "blocks.2.0" not in k}
    save_file(short, tmp_path / "short.safetensors")
    with pytest.raises(CheckpointError, match=r"it lacks blocks\.2\.0"):
        TorchvisionDetector.create(
            ["a"], seed=0, **base, backbone_weights=str(tmp_path / "short.safetensors")
        )


def test_a_classification_network_of_torchvision_fills_a_detector_of_torchvision(tmp_path):
    whole = torchvision.models.mobilenet_v3_large(weights=None)
    torch.save(whole.state_dict(), tmp_path / "a.pth")
    ours = TorchvisionDetector.create(
        ["a"], seed=0, model="fasterrcnn_mobilenet_v3_large_320_fpn",
        backbone_weights=str(tmp_path / "a.pth"),
    )  # fmt: skip
    body = ours._network.backbone.body.state_dict()
    for name, value in body.items():
        assert torch.equal(value, whole.features.state_dict()[name])
    with pytest.raises(ArgumentError, match="backbone_weights"):
        TorchvisionDetector.create(
            ["a"], seed=0, model="ssdlite320_mobilenet_v3_large",
            backbone_weights=str(tmp_path / "a.pth"),
        )  # fmt: skip


def test_torchvision_s_first_weights_bring_their_epsilon(tmp_path):
    """Witness: the models for which torchvision itself calls `overwrite_eps`."""
    from labelnext.detectors.torchvision_models import options, weights

    named = [*options.FCOS, *options.RETINANET, *options.SSD, *options.FASTER_RCNN]
    makers = {name: getattr(torchvision.models.detection, name) for name in named}
    theirs = {k for k, make in makers.items() if "overwrite_eps(model" in inspect.getsource(make)}
    assert theirs == set(weights._EPS_0)
    detector = TorchvisionDetector.create(["a"], seed=0, **own("fcos", "normed", norm_eps=0.0))
    assert detector._network.backbone.norm.eps == 0
    detector.save(tmp_path / "a.safetensors")
    assert TorchvisionDetector.load(tmp_path / "a.safetensors")._network.backbone.norm.eps == 0
    with pytest.raises(CheckpointError, match="norm_eps"):
        TorchvisionDetector.load(tmp_path / "a.safetensors", norm_eps=1e-3)
