"""What every detector has to hold to, as checks that say what is wrong with one that does not.

The same checks hold for the detectors that come with labelnext (`tests/detectors/test_shared.py`)
and for anybody's own (`labelnext check-detector`). A check is a function of a `Subject` that raises
`FaultError`; one idea each, those of one topic in a file: `methods`, `predictions`, `boxes`,
`maps`, `batches`, `weights`, `training`, `stochastic`, `lookup`, `segments`. `run` goes through all
of them.
"""

from labelnext.detectors.contract.checks import CHECKS, Check
from labelnext.detectors.contract.fault import FaultError
from labelnext.detectors.contract.run import Outcome, abilities, run
from labelnext.detectors.contract.subject import Subject

__all__ = ["CHECKS", "Check", "FaultError", "Outcome", "Subject", "abilities", "run"]
