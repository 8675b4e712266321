"""Flat arguments of strategies: the preset's values, the given ones over them, none unknown."""

from collections.abc import Mapping

from labelnext import presets
from labelnext.errors import ArgumentError

AGGREGATION = ("aggregate", "region", "tiling")
SELECTION = (
    "smooth", "smooth_radius", "smooth_sigma", "smooth_ends", "temporal", "within_cycle",
    "across_cycles", "window", "unit", "across_videos", "off_by_one",
)  # fmt: skip
RULES = ("temporal", "within_cycle", "across_cycles", "window", "unit", "across_videos")


def resolve(
    strategy: str, preset: str, given: Mapping[str, object], names: tuple[str, ...]
) -> dict[str, object]:
    """Values for `names`, from the preset unless given.

    Raises:
        ArgumentError: An argument that the strategy does not take, or an unknown preset.
    """
    for name in given:
        if name not in names:
            raise ArgumentError(
                f"the strategy {strategy}", name,
                expected=f"one of its arguments ({', '.join(sorted(names)) or 'it takes none'})",
                got=f"{name}={given[name]!r}",
            )  # fmt: skip
    defaults = _defaults(preset)
    return {name: given.get(name, defaults.get(name)) for name in names}


def _defaults(preset: str) -> dict[str, object]:
    known = presets.get(preset)
    smooth, temporal = known.smooth, known.temporal
    return {
        **known.score,
        "samples": known.stochastic["samples"],
        "aggregate": "region-max-mean",
        **known.aggregate,
        "smooth": True,
        "smooth_radius": smooth["radius"],
        "smooth_sigma": smooth["sigma"],
        "smooth_ends": smooth["ends"],
        "temporal": True,
        "unit": "pool_frames",
        **temporal,
        "off_by_one": known.off_by_one,
        "box_aggregate": "max",
        "activation": "sigmoid",
        "min_score": 0.0,
    }
