"""Names and settings made safe to show: nothing a file is called can change the page."""

import html
import re
from collections.abc import Iterable, Mapping

from labelnext.wording import plain


def escape(value: object, *, limit: int = 0) -> str:
    """`plain`, then escaped for HTML text and for attributes in double quotes."""
    return html.escape(plain(value, limit=limit), quote=True)


def block(value: object) -> str:
    """Text of several lines, escaped for a `<pre>`."""
    return "\n".join(escape(line) for line in str(value).splitlines())


def flatten(settings: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as (dotted name, value) pairs in the order given."""
    rows: list[tuple[str, str]] = []
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            rows += flatten(value, f"{prefix}{name}.")
        else:
            rows.append((f"{prefix}{name}", _value(value)))
    return rows


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A distinct name of letters, digits, `-` and `_` for each name, safe in a file's name."""
    taken: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:60] or "arm"
        slug, n = stem, 2
        while slug.lower() in {s.lower() for s in taken.values()}:
            slug, n = f"{stem}-{n}", n + 1
        taken[name] = slug
    return taken


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(v) for v in value) or "none"
    return str(value) or "''"
