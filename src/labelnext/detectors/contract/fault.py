"""What a check finds wrong: what was expected, what came, and what to do about it."""


class FaultError(Exception):
    """A detector does not hold to a check.

    Args:
        expected: What must be, as the end of a sentence that begins with "expected".
        got: What came instead.
        remedy: What to do about it, in a sentence.
    """

    def __init__(self, expected: str, got: object, remedy: str) -> None:
        self.expected, self.got, self.remedy = expected, str(got), remedy
        super().__init__(f"expected {expected}. Got {got}. {remedy}")


class NothingToSeeError(Exception):
    """A check has nothing to look at with this detector and these images; the message says what."""


def require(condition: object, expected: str, got: object, remedy: str) -> None:
    """Raise a `FaultError` unless the condition holds."""
    if not condition:
        raise FaultError(expected, got, remedy)
