"""A quick world for replays: the detector `bars` and its strategies, known by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labelnext import audit
from labelnext.rounds import setup
from tests.audit import bars

FAST = Path("/dev/shm")  # a disk in memory, where there is one: replays wait for the disk


@pytest.fixture
def world() -> Iterator[None]:
    """The detector and strategies of `bars`, in this process."""
    with bars.installed():
        yield


@pytest.fixture
def make(world: None, tmp_path: Path):
    """A function that makes an indexed plan of drawn bars."""

    def made(*arms: str, seeds: int = 2, cycles: int = 2, budget: int = 5, **options):
        config = setup.configure({"detector": {"name": "bars"}, "budget": budget})
        parsed = tuple(map(audit.parse, arms))
        sizes = {k: options.pop(k) for k in ("initial", "pool", "test") if k in options}
        plan = audit.Replay(
            tmp_path / "out", config, parsed, tuple(range(seeds)), cycles, **options
        )
        if not (tmp_path / "data").exists():
            sources = bars.sources(tmp_path / "data", **{"pool": 40, "test": 8, **sizes})
            audit.index_sources(plan, sources)
        return plan

    return made
