"""Which classes a model has: rows of its class heads are kept, or drawn anew."""

import copy
import re
from collections.abc import Sequence
from typing import Any

import torch

from labelnext.detectors.transformers_models import source
from labelnext.detectors.transformers_models.families import NAME
from labelnext.errors import LabelnextError

# Tensors with one row a class, and perhaps one more: no object (DETR), no class (denoising).
_BY_CLASS = re.compile(
    r"(^|\.)(class_embed|enc_score_head|class_labels_classifier|denoising_class_embed)(\.|$)"
)


def class_names(config: Any) -> tuple[str, ...]:
    """A model's classes in the order of its logits."""
    return tuple(str(config.id2label[i]) for i in range(config.num_labels))


def named(config: Any, names: Sequence[str]) -> Any:
    """A copy of the configuration with other classes."""
    other = copy.deepcopy(config)
    other.id2label = dict(enumerate(names))
    other.label2id = {name: i for i, name in enumerate(names)}
    return other


def keep(model: Any, names: Sequence[str], places: Sequence[int]) -> Any:
    """A copy of the model with some of its classes, whose rows come from `places`.

    The rows for no object and for no class are kept too.
    """
    if list(places) == list(range(model.config.num_labels)):
        other = copy.deepcopy(model)
        other.config = named(model.config, names)
        return other
    return _moved(model, names, places, seed=0)


def replace(model: Any, names: Sequence[str], seed: int) -> Any:
    """A copy of the model with class heads drawn from `seed`; all other weights are kept."""
    return _moved(model, names, None, seed=seed)


def require_one_stage(config: Any, what: str) -> None:
    """Refuse to change what two-stage Deformable DETR learnt.

    Its first stage reads class 0 of a head of its own as objectness, and the loss in transformers
    does not train it.

    Raises:
        LabelnextError: It is one.
    """
    if getattr(config, "two_stage", False):
        raise LabelnextError(
            f"{NAME}: {what} is not possible with two-stage Deformable DETR, whose first stage the "
            "loss in transformers leaves untrained. Use it as it is, or another model, such as "
            "RT-DETRv2."
        )


def _moved(model: Any, names: Sequence[str], places: Sequence[int] | None, *, seed: int) -> Any:
    require_one_stage(model.config, "another set of classes")
    count = model.config.num_labels
    other = source.fresh_model(named(model.config, names), seed)
    old, new = model.state_dict(), other.state_dict()
    with torch.no_grad():
        for name, value in new.items():
            if not _BY_CLASS.search(name):
                value.copy_(old[name])
            elif places is not None:
                value.copy_(old[name][[*places, *range(count, len(old[name]))]])
    return other
