"""What differs between the families of transformers' object detectors."""

from dataclasses import dataclass
from typing import Any

from labelnext.errors import ArgumentError
from labelnext.types import Activation

NAME = "transformers"


@dataclass(frozen=True, slots=True)
class Family:
    """One model type.

    Attributes:
        activation: Of the class logits of a query; with `softmax` the last class is no object.
        dense: Whether the encoder scores every class at every location.
        processor: Name of the image processor's class, for weights that come without one.
        pairs: Whether boxes are ranked as (query, class) pairs, as sigmoid families do, or one a
            query.
        limit: Most boxes that the image processor gives; 0 for as many as there are queries.
    """

    activation: Activation
    dense: bool
    processor: str
    pairs: bool
    limit: int = 0


_RT_DETR = Family("sigmoid", dense=True, processor="RTDetrImageProcessor", pairs=True)
_DETR = Family("softmax", dense=False, processor="DetrImageProcessor", pairs=False)
_CONDITIONAL = Family(
    "sigmoid", dense=False, processor="ConditionalDetrImageProcessor", pairs=True, limit=100
)
_DEFORMABLE = Family(
    "sigmoid", dense=False, processor="DeformableDetrImageProcessor", pairs=True, limit=100
)

FAMILIES = {
    "rt_detr": _RT_DETR,
    "rt_detr_v2": _RT_DETR,
    "d_fine": _RT_DETR,
    "detr": _DETR,
    "table-transformer": _DETR,
    "conditional_detr": _CONDITIONAL,
    "dab-detr": _CONDITIONAL,
    "deformable_detr": _DEFORMABLE,
}


def family_of(config: Any, origin: str) -> Family:
    """The family of a model's configuration.

    Raises:
        ArgumentError: None of those that are known here; `origin` says where it came from.
    """
    kind = getattr(config, "model_type", None)
    if kind not in FAMILIES:
        raise ArgumentError(
            NAME, "path" if origin else "config", expected=f"a model of {', '.join(FAMILIES)}",
            got=f"{kind} ({origin})" if origin else kind,
        )  # fmt: skip
    return FAMILIES[kind]


def strides_of(config: Any) -> tuple[int, ...]:
    """Strides of the maps that a dense family's encoder scores; none for the others.

    Levels beyond those of the encoder halve the last one again.
    """
    if not FAMILIES[config.model_type].dense:
        return ()
    found = [int(stride) for stride in config.feat_strides]
    while len(found) < config.num_feature_levels:
        found.append(2 * found[-1])
    return tuple(found[: config.num_feature_levels])
