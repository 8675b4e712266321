"""Values and names that label files should never hold, and sometimes do."""

from pathlib import Path
from typing import Any

VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 2**63, 2**70, -(2**63) - 1, 1e308, -1e308, 5e-324,
    float("nan"), float("inf"), float("-inf"), -0.0, 1.5, "", " ", "x", "1", "nan", "\0", "\ud800",
    "\u202e", [], [[]], {}, {"id": 1}, [1, 2, 3], [1, 2, 3, "4"], [1, 2, 3, None], [1e308] * 4,
    [float("nan")] * 4, [[0, 0], [5, 5]], "9" * 400, "x" * 5000, 10**400,
]  # fmt: skip

TEXTS = [
    "", " ", "x", "-1", "0", "1e999", "-1e999", "nan", "NaN", "inf", "-inf", "Infinity", "1_000",
    "0x10", "1e308", "5e-324", "-0.0", "2147483648", "9223372036854775808", "9" * 400, "9" * 5000,
    "٣", "½", "\u2028", "\u202e", "\xa0", "1,5", "true", "None", "%s%n", "${HOME}", "%(a)s",
]  # fmt: skip


def names(canary: Path) -> list[str]:
    """Names of files that lead out of a data set, or nowhere."""
    up = "../" * 12
    return [
        f"../{canary.name}", f"../../{canary.name}", str(canary), f"{up}{str(canary)[1:]}",
        f"images/../../{canary.name}", f"..\\{canary.name}", f"images\\..\\..\\{canary.name}",
        f"file://{canary}", f"C:\\{canary.name}", f"C:{canary.name}", "\\\\host\\share\\a.png",
        "//host/share/a.png", "http://127.0.0.1:9/a.png", "s3://bucket/a.png", "memory://a.png",
        "/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/environ", "~/.ssh/id_rsa", "~root",
        ".", "..", "/", "./.", "a/", "a/..", "a/../..", "con", "nul.png", "-rf", "a\nb.png",
        "a\tb.png", "x" * 300 + ".png", "/".join("d" * 2000), "é" * 200 + ".png", "$HOME/a.png",
        f"/data/local-files/?d=../{canary.name}", f"/data/local-files/?d={canary}",
        f"%2e%2e%2f{canary.name}", f"..%2f..%2f{canary.name}",
    ]  # fmt: skip
