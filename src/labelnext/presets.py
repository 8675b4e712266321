"""The two ways to run the method: what the paper means, and what its authors' code did (PAPER)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from labelnext.errors import ArgumentError

Arguments = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Preset:
    """Flat keyword arguments for the functions of each room; a value not named is the default.

    Attributes:
        name: What `get` knows it by.
        score: For `scores.local_divergence`.
        stochastic: Passes of MC-dropout: `samples`, and the channel `keep` probability of the
            dropout before the logits.
        aggregate: For `aggregate.region_max_mean`.
        off_by_one: Whether scores go through `select.off_by_one` before smoothing.
        smooth: For `select.smooth`.
        temporal: For `select.temporal`; all but the scores also for `select.guided_random`.
        detector: For creating the detector (PAPER §5).
        fit: For training it, from w_l on the selected images alone.
        decode: For turning its maps into boxes.
        evaluate: For the evaluation (PAPER §7).
    """

    name: str
    score: Arguments
    stochastic: Arguments
    aggregate: Arguments
    off_by_one: bool
    smooth: Arguments
    temporal: Arguments
    detector: Arguments = field(default_factory=lambda: MappingProxyType({}))
    fit: Arguments = field(default_factory=lambda: MappingProxyType({}))
    decode: Arguments = field(default_factory=lambda: MappingProxyType({}))
    evaluate: Arguments = field(default_factory=lambda: MappingProxyType({}))


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


def _flat(**arguments: object) -> Arguments:
    return MappingProxyType(arguments)


_PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="corrected",
            score=_flat(radius=9),
            stochastic=_flat(samples=30, keep=0.9),
            aggregate=_flat(region=30, tiling="tiles"),
            off_by_one=False,
            smooth=_flat(radius=5, sigma=3.0, ends="renormalise", across_videos=False),
            temporal=_flat(
                within_cycle=15, across_cycles=2, window="symmetric", across_videos=False
            ),
        ),
        Preset(
            name="authors-code",
            score=_flat(radius=4),
            stochastic=_flat(samples=15, keep=0.9),
            aggregate=_flat(region=30, tiling="centred"),
            off_by_one=True,
            smooth=_flat(radius=5, sigma=3.0, ends="zero", across_videos=True),
            temporal=_flat(within_cycle=15, across_cycles=2, window="slice", across_videos=True),
        ),
    )
}
