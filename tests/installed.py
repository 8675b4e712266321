"""A package of plug-ins, as pip leaves it, for the length of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labelnext import plugins


@contextmanager
def plug_ins(folder: Path, group: str, points: dict[str, str]) -> Iterator[None]:
    """What lies in the folder can be imported; its entry points are those given."""
    about = folder / "given-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: given\nVersion: 1.0\n")
    said = [f"[{group}]", *(f"{name} = {place}" for name, place in points.items())]
    (about / "entry_points.txt").write_text("\n".join(said) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        plugins._points.cache_clear()
        try:
            yield
        finally:
            plugins._points.cache_clear()
