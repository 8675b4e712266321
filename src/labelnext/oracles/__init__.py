"""Who labels: truth that is known already, or people with a labelling tool, through files."""

from labelnext.oracles.files import Answers, FileOracle
from labelnext.oracles.simulated import SimulatedOracle

__all__ = ["Answers", "FileOracle", "SimulatedOracle"]
