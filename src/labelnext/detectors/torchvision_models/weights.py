"""Weights from elsewhere: a file's or torchvision's own, their classes matched with the project's.

No pickle is ever run: .pth files are read with `weights_only=True`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torchvision
from torch import Tensor, nn

from labelnext.detectors.common import state_dict
from labelnext.detectors.common.class_names import places
from labelnext.detectors.common.downloads import downloaded
from labelnext.detectors.torchvision_models.options import NAME, SSD, Arguments
from labelnext.errors import ArgumentError, CheckpointError

# Trained with another ε than the network is built with (`overwrite_eps` in torchvision).
_EPS_0 = ("fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn")


class Given(NamedTuple):
    """Weights as found: class names, without the background, where they are known."""

    tensors: dict[str, Tensor]
    classes: tuple[str, ...] | None
    source: str


def fill(model: nn.Module, values: Arguments, classes: Sequence[str]) -> Arguments:
    """Put the weights that the arguments name into a fresh network.

    Returns:
        The arguments, with what those weights bring along.

    Raises:
        ArgumentError: No such weights of torchvision's; class outputs that cannot be matched.
        CheckpointError: A file that is missing, damaged or of another architecture; no download.
    """
    if values.backbone_weights is not None:
        _fill_backbone(model, values)
    if values.weights is None:
        return values
    given = _given(values)
    heads = {name: head for name, head in _heads(model) if name in given.tensors}
    kept, coco = _matched(given, heads, model, values, classes)
    _load(model, kept, given.source, fresh=set(heads) - set(kept))
    if coco and values.model in _EPS_0 and values.norm_eps is None:
        values = replace(values, norm_eps=0.0)
    return values


class _Head(NamedTuple):
    """A tensor with a row for each class: `anchors` blocks of classes of `per` rows each."""

    anchors: int
    per: int


def _heads(model: Any) -> list[tuple[str, _Head]]:
    """Every tensor that has classes in it, background first."""
    wanted = model.state_dict()
    if hasattr(model, "roi_heads"):
        stem = "roi_heads.box_predictor."
        parts = {stem + "cls_score.": _Head(1, 1), stem + "bbox_pred.": _Head(1, 4)}
    elif hasattr(model.head.classification_head, "module_list"):
        many = model.anchor_generator.num_anchors_per_location()
        stem = "head.classification_head.module_list."
        lite = f"{stem}0.weight" not in wanted
        parts = {f"{stem}{i}.{'1.' if lite else ''}": _Head(a, 1) for i, a in enumerate(many)}
    else:
        head = model.head.classification_head
        parts = {"head.classification_head.cls_logits.": _Head(int(head.num_anchors), 1)}
    return [(stem + kind, head) for stem, head in parts.items() for kind in ("weight", "bias")]


def _matched(
    given: Given,
    heads: Mapping[str, _Head],
    model: nn.Module,
    values: Arguments,
    classes: Sequence[str],
) -> tuple[dict[str, Tensor], bool]:
    """The tensors with class rows of the project's classes alone, or without them; and whether
    they are of torchvision's COCO classes.
    """
    if not heads:
        return given.tensors, False
    name, head = next(iter(heads.items()))
    found = given.tensors[name].shape[0] // (head.anchors * head.per) - 1
    coco = _coco()
    known = given.classes or (coco if found == len(coco) else None)
    if known is None and found == len(classes):
        known = tuple(classes)
    others = {k: v for k, v in given.tensors.items() if k not in heads}
    if values.head == "new":
        return others, known == coco
    if known is None or len(known) != found:
        raise ArgumentError(
            NAME, "weights_classes", expected=f"the names of the {found} classes of "
            f"{given.source}, in their order and without the background",
            got="nothing" if known is None else f"{len(known)} names",
            remedy="Or draw the class outputs afresh with head='new'.",
        )  # fmt: skip
    try:
        rows = [0, *(1 + k for k in places(classes, known, function=NAME, model=given.source))]
    except ArgumentError:
        return others, known == coco
    picked = {k: _rows(given.tensors[k], head, rows) for k, head in heads.items()}
    return {**others, **picked}, known == coco


def _rows(tensor: Tensor, head: _Head, rows: list[int]) -> Tensor:
    apart = tensor.reshape(head.anchors, -1, head.per, *tensor.shape[1:])
    return apart[:, rows].reshape(-1, *tensor.shape[1:])


def _load(model: nn.Module, tensors: Mapping[str, Tensor], source: str, fresh: set[str]) -> None:
    try:
        result = model.load_state_dict(dict(tensors), strict=False)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:]]
        raise CheckpointError(
            f"{source}: of another architecture: {'; '.join(lines[:3]).rstrip('.')}."
        ) from error
    odd = sorted({*result.missing_keys} - fresh) + sorted(result.unexpected_keys)
    if odd:
        raise CheckpointError(
            f"{source}: of another architecture: {', '.join(odd[:5])} "
            f"{'differs' if len(odd) == 1 else 'differ'}."
        )


def _fill_backbone(model: nn.Module, values: Arguments) -> None:
    """Weights of a classification network; what it has beyond the backbone is left out."""
    if values.model in SSD:
        raise ArgumentError(
            NAME, "backbone_weights", expected=f"left out with model={values.model!r}",
            got=values.backbone_weights, remedy="Give weights of the whole detector.",
        )  # fmt: skip
    name = str(values.backbone_weights)
    backbone: Any = model.backbone
    body: nn.Module = getattr(backbone, "body", backbone)
    if "_Weights." in name:
        try:
            tensors = downloaded(torchvision.models.get_weight(name))
        except ValueError as error:
            raise ArgumentError(
                NAME, "backbone_weights", expected="a file, or weights of torchvision such as "
                "ResNet50_Weights.IMAGENET1K_V2", got=repr(name),
            ) from error  # fmt: skip
    else:
        tensors = state_dict.read(Path(name))
    found = {_plain(key): value for key, value in tensors.items()}
    wanted = body.state_dict()
    missing = [k for k in wanted if _plain(k) not in found and not k.endswith("_tracked")]
    if missing:
        raise CheckpointError(
            f"{name}: of another architecture than the backbone: it lacks {', '.join(missing[:5])}."
        )
    _load(body, {k: found.get(_plain(k), v) for k, v in wanted.items()}, name, set())


def _plain(name: str) -> str:
    """Feature extractors name layers a little differently from the networks they are made of."""
    return name.removeprefix("features.").replace(".", "_")


def _given(values: Arguments) -> Given:
    name = str(values.weights)
    own = None if values.weights_classes is None else tuple(values.weights_classes)
    kinds = _kinds(values.model)
    if name == "DEFAULT" or name in kinds or "_Weights." in name:
        short = name.rpartition(".")[2]
        if short not in (*kinds, "DEFAULT") or not kinds:
            known = ", ".join(["DEFAULT", *kinds]) if kinds else "none; give a file"
            raise ArgumentError(
                NAME, "weights", expected=f"a file, or torchvision's for {values.model} ({known})",
                got=repr(name),
            )  # fmt: skip
        chosen = torchvision.models.get_model_weights(values.model)[short]
        names = tuple(chosen.meta["categories"])[1:]
        return Given(downloaded(chosen), names, str(chosen))
    return Given(state_dict.read(Path(name)), own, name)


def _kinds(model: str) -> list[str]:
    try:
        return [kind.name for kind in torchvision.models.get_model_weights(model)]
    except ValueError:
        return []


def _coco() -> tuple[str, ...]:
    chosen = torchvision.models.get_model_weights("fcos_resnet50_fpn")["COCO_V1"]
    return tuple(chosen.meta["categories"])[1:]
