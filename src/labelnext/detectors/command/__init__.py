"""Training by a command of the user's own, for any detector (docs/detectors/training.md).

`template` (the command with its placeholders), `examples` (labelled images as COCO), `process` and
`guard` (the command as a process), `job` (what goes in and has to come out), `detector` (a detector
around another one).
"""

from labelnext.detectors.command.detector import (
    CommandFactory,
    CommandTrained,
    given_file,
    weights_suffix,
)
from labelnext.detectors.command.process import CommandError
from labelnext.detectors.command.template import Command

__all__ = [
    "Command",
    "CommandError",
    "CommandFactory",
    "CommandTrained",
    "given_file",
    "weights_suffix",
]
