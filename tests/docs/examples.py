"""Examples in the documentation, as programs and files that can be run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    """The blocks of code of a page below docs/, in one language, in their order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [code for found, code in _BLOCK.findall(text) if found == language]
