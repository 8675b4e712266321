"""Ways to run the method: what the paper means, what its code did, and one step past both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from labelnext.errors import ArgumentError

Arguments = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Preset:
    """Flat keyword arguments for the functions of each room; a value not named is the default.

    Attributes:
        name: What `get` knows it by.
        score: For `scores.local_divergence`.
        stochastic: For `Stochastic.sample`; how much is dropped is the detector's matter.
        aggregate: For `aggregate.region_max_mean`.
        off_by_one: Whether scores go through `select.off_by_one` before smoothing.
        smooth: For `select.smooth`.
        temporal: For `select.temporal`; all but the scores also for `select.guided_random`.
        detector: For `FireFPN.create`: the network, its boxes, mirrored evaluation, dropout.
        fit: For its `fit` (PAPER §5).
        decode: For `FireFPN.create` too: how maps become boxes.
        evaluate: For `evaluate.evaluate` (PAPER §7).
    """

    name: str
    score: Arguments
    stochastic: Arguments
    aggregate: Arguments
    off_by_one: bool
    smooth: Arguments
    temporal: Arguments
    detector: Arguments
    fit: Arguments
    decode: Arguments
    evaluate: Arguments


def get(name: str = "corrected") -> Preset:
    """The preset of that name.

    Raises:
        ArgumentError: No such preset; the message lists the known ones.
    """
    if name not in _PRESETS:
        raise ArgumentError(
            "presets.get", "name", expected=f"one of {', '.join(map(repr, _PRESETS))}",
            got=repr(name),
        )  # fmt: skip
    return _PRESETS[name]


def names() -> list[str]:
    """The presets there are, the default first."""
    return list(_PRESETS)


def _flat(base: Arguments | None = None, /, **arguments: object) -> Arguments:
    """Read-only arguments: those of `base`, changed and added to."""
    return MappingProxyType({**(base or {}), **arguments})


_CORRECTED = Preset(
    name="corrected",
    score=_flat(radius=9),
    stochastic=_flat(samples=30),
    aggregate=_flat(region=30, tiling="tiles"),
    off_by_one=False,
    smooth=_flat(radius=5, sigma=3.0, ends="renormalise", across_videos=False),
    temporal=_flat(within_cycle=15, across_cycles=2, window="symmetric", across_videos=False),
    detector=_flat(
        norm="instance",
        level_order="corrected",
        box_set="paper",
        box_offsets=False,
        mirror=False,
        mirror_axis="width",
        sample_keep=0.9,
    ),
    fit=_flat(
        epochs=50,
        batch_size=1,
        learning_rate=1e-3,
        final_learning_rate=1e-4,
        decay=0.9,
        momentum=0.0,
        n2p=15.0,
        weight_decay=2e-6,
        ignore_regions=True,
    ),
    decode=_flat(smoothing=3, window=19, min_pixels=100, nms=0.5),
    evaluate=_flat(protocol="standard", iou=0.5),
)

_AUTHORS_CODE = Preset(
    name="authors-code",
    score=_flat(radius=4),
    stochastic=_flat(samples=15),
    aggregate=_flat(region=30, tiling="centred"),
    off_by_one=True,
    smooth=_flat(radius=5, sigma=3.0, ends="zero", across_videos=True),
    temporal=_flat(within_cycle=15, across_cycles=2, window="slice", across_videos=True),
    detector=_flat(
        _CORRECTED.detector,
        norm="batch",
        level_order="reversed",
        box_set="authors-code",
        mirror_axis="height",
    ),
    fit=_flat(_CORRECTED.fit, momentum=0.01, final_momentum=1e-4, ignore_regions=False),
    decode=_flat(_CORRECTED.decode, nms=None),
    evaluate=_flat(protocol="authors-code", iou=0.3),
)

# The paper's method with a better detector: docs/results/fire-fpn.md says what lifts its ceiling.
_PLUS = replace(
    _CORRECTED,
    name="plus",
    detector=_flat(_CORRECTED.detector, box_offsets=True),
    fit=_flat(
        _CORRECTED.fit,
        optimiser="adamw",
        learning_rate=3e-3,
        schedule="cosine",
        warmup=0.05,
        weight_decay=0.01,
        augment=1.0,
        flip_share=0.5,
        scale_jitter=1.5,
        shared_levels=0.7,
        average=0.98,
        pad_to=32,
    ),
    decode=_flat(_CORRECTED.decode, window=7, min_pixels=12),
)

_PRESETS = {preset.name: preset for preset in (_CORRECTED, _AUTHORS_CODE, _PLUS)}
