"""What tests of several rooms share."""

from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import settings

# The same examples everywhere, and no time limit each: a busy machine is not a bug.
settings.register_profile("labelnext", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("labelnext")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Run-time checks of shapes off, to see the error that a user without them sees."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def shared() -> Path:
    """The folder of shared data beside the repository; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("../shared, the data that is not part of the repository, is absent")
    return SHARED
