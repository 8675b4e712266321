"""Weights from elsewhere: a file's or torchvision's own, their classes matched with the project's.

No pickle is ever run: .pth files are read with `weights_only=True`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torchvision
from torch import Tensor

from labelnext.detectors.common import state_dict
from labelnext.detectors.common.class_names import places
from labelnext.detectors.common.downloads import downloaded
from labelnext.detectors.segmentation_models.network import Network
from labelnext.detectors.segmentation_models.options import NAME, Arguments
from labelnext.errors import ArgumentError

_BACKBONES = {"mobilenet_v3_large": "MobileNet_V3_Large", "resnet50": "ResNet50"}
_AUXILIARY = "aux_classifier."  # a second head, for training alone


def build(classes: Sequence[str], values: Arguments, seed: int) -> Network:
    """The network that the arguments name, with the weights that they name or fresh ones.

    Raises:
        ArgumentError: Class outputs that cannot be matched.
        CheckpointError: A file that is missing, damaged or of another architecture; no download.
    """
    fresh = (len(classes), *range(len(classes)))
    if values.weights is None:
        network = Network(values.model, fresh, seed=seed)
        if values.backbone_weights is not None:
            _fill_backbone(network, values)
        return network
    tensors, names, source = _given(values)
    tensors = {k: v for k, v in tensors.items() if not k.startswith(_AUXILIARY)}
    fold = _fold(tensors, names, source, values, classes)
    network = Network(values.model, fold or fresh, seed=seed)
    if fold is None:
        rows = {f"{part}.{kind}" for part in _last(network) for kind in ("weight", "bias")}
        drawn = network.model.state_dict()
        tensors = {**tensors, **{name: drawn[name] for name in rows}}
    state_dict.fill(network.model, tensors, source)
    return network


def _fold(
    tensors: Mapping[str, Tensor],
    names: tuple[str, ...] | None,
    source: str,
    values: Arguments,
    classes: Sequence[str],
) -> tuple[int, ...] | None:
    """What each output of the weights means (see `network.Network`); None to draw them afresh."""
    if values.head == "new":
        return None
    ends = [name for name in tensors if name in ("classifier.high_classifier.weight",
            "classifier.4.weight")]  # fmt: skip
    found = tensors[ends[0]].shape[0] - 1 if ends else -1
    known = names
    if known is None and found == len(_voc()) and set(classes) <= set(_voc()):
        known = _voc()
    if known is None and found == len(classes):
        known = tuple(classes)
    known = _voc() if known is None and found == len(_voc()) else known
    if ends and (known is None or len(known) != found):
        raise ArgumentError(
            NAME, "weights_classes", expected=f"the names of the {found} classes of {source}, in "
            "their order and without the background, which comes first",
            got="nothing" if known is None else f"{len(known)} names",
            remedy="Or draw the class outputs afresh with head='new'.",
        )  # fmt: skip
    try:
        mine = places(classes, known or (), function=NAME, model=source)
    except ArgumentError:
        return None
    place = {output: k for k, output in enumerate(mine)}
    return (len(classes), *(place.get(output, len(classes)) for output in range(found)))


def _given(values: Arguments) -> tuple[dict[str, Tensor], tuple[str, ...] | None, str]:
    """Weights of the whole network, their class names where known, and what they are called."""
    name = str(values.weights)
    own = None if values.weights_classes is None else tuple(values.weights_classes)
    if name == "DEFAULT":
        chosen = torchvision.models.get_model_weights(values.model)["DEFAULT"]
        return downloaded(chosen), _voc(), str(chosen)
    return state_dict.read(Path(name)), own, name


def _fill_backbone(network: Network, values: Arguments) -> None:
    """Weights of a classification network; what it has beyond the backbone is left out."""
    name = str(values.backbone_weights)
    if name == "DEFAULT":
        kind = next(kind for end, kind in _BACKBONES.items() if values.model.endswith(end))
        tensors = downloaded(torchvision.models.get_weight(f"{kind}_Weights.DEFAULT"))
    else:
        tensors = state_dict.read(Path(name))
    body = network.model.backbone
    found = {key.removeprefix("features."): value for key, value in tensors.items()}
    wanted = body.state_dict()  # type: ignore[union-attr]
    state_dict.fill(body, {k: v for k, v in found.items() if k in wanted}, name)  # type: ignore[arg-type]


def _last(network: Network) -> list[str]:
    """Names of the layers with a row for each output."""
    names = {id(module): name for name, module in network.model.named_modules()}
    return [names[id(layer)] for layer in network.last]


def _voc() -> tuple[str, ...]:
    chosen = torchvision.models.get_model_weights("fcn_resnet50")["DEFAULT"]
    return tuple(chosen.meta["categories"])[1:]
