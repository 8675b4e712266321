"""Errors a user can act on: each says what was wrong, what was expected, what came, what to do."""


class LabelnextError(Exception):
    """Base of every error raised on purpose; the command line prints it without a traceback."""


class ArgumentError(LabelnextError, ValueError):
    """An argument of a public function is outside its domain.

    Args:
        function: Name of the public function, as a user would write it.
        argument: Name of the offending argument.
        expected: What it must be.
        got: What came instead.
        remedy: What to do about it, where that is not obvious.
    """

    def __init__(
        self, function: str, argument: str, *, expected: str, got: object, remedy: str = ""
    ) -> None:
        message = f"The {argument!r} argument of {function} must be {expected}. Got {got} instead."
        super().__init__(f"{message} {remedy}".rstrip())


class DataError(LabelnextError):
    """A file or a record in it cannot be used; `source` names the file, `record` the line or id."""

    def __init__(self, source: object, problem: str, *, record: object = None, remedy: str = ""):
        place = f"{source}" if record is None else f"{source}, {record}"
        super().__init__(f"{place}: {problem} {remedy}".rstrip())
        self.source, self.record, self.problem = str(source), record, problem


class CheckpointError(LabelnextError):
    """A weights file is damaged, of another architecture, or not a safetensors file."""


class ProjectError(LabelnextError):
    """The project folder cannot do what was asked: missing, locked, in another state."""


class MissingExtraError(LabelnextError, ImportError):
    """An optional dependency is not installed; the message names the extra to install."""

    def __init__(self, feature: str, extra: str) -> None:
        self.remedy = f"pip install 'labelnext[{extra}]'"
        super().__init__(f"{feature} needs the optional dependencies [{extra}]: {self.remedy}")
