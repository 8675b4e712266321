"""The demo's data and plan: the synthetic street at a size that two cores replay in minutes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelnext.audit.arms import parse
from labelnext.audit.plan import Replay
from labelnext.data import synthetic
from labelnext.protocols import Progress, quiet
from labelnext.rounds.setup import configure
from labelnext.store.index import Role

ARMS = ("divergence", "guided-random")
SETTINGS: Mapping[str, Any] = {
    "preset": "plus",
    "budget": 12,
    "detector": {"name": "fire-fpn", "width": 0.25, "box_scale": 0.5},
    "initial": {"epochs": 8},
    "train": {"epochs": 10},
}
STREET: Mapping[str, Any] = {
    "stills": 90, "videos": 4, "frames_per_video": 120, "test_videos": 4,
    "frames_per_test_video": 160, "test_every": 5,
}  # fmt: skip


def write_street(
    folder: Path, *, seed: int = 0, progress: Progress = quiet
) -> dict[Role, list[str]]:
    """Write the street's three parts and name them as sources; parts that are there stay."""
    synthetic.write(folder, **STREET, seed=seed, progress=progress)
    return {
        "initial": [f"coco:{folder / 'initial' / 'instances.json'}"],
        "pool": [f"coco:{folder / 'pool' / 'instances.json'}"],
        "test": [f"coco:{folder / 'test' / 'instances.json'}"],
    }


def plan(
    folder: Path,
    *,
    seeds: int,
    cycles: int,
    arms: Sequence[str] = ARMS,
    ceiling: bool = False,
    settings: Mapping[str, Any] = SETTINGS,
) -> Replay:
    """Arms paired over seeds, with the demo's settings unless others are given."""
    return Replay(
        folder, configure(settings), tuple(map(parse, arms)), tuple(range(seeds)), cycles, ceiling
    )
