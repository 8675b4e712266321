from hypothesis import example, given
from hypothesis import strategies as st

from labelnext.report import text
from labelnext.wording import plain
from tests.report.studies import Page


@given(st.text())
@example("\"'<&>")
def test_escaped_text_reads_back_as_its_plain_form(words: str) -> None:
    shown = text.escape(words)
    assert not set('<>"') & set(shown)
    assert Page(f'<p title="{shown}">{shown}</p>').text == plain(words)


def test_settings_flatten_to_dotted_names() -> None:
    settings = {"a": {"b": {"c": 1}, "d": [1, "x"]}, "e": None, "f": True, "g": {}, "h": ""}
    assert text.flatten(settings) == [
        ("a.b.c", "1"),
        ("a.d", "1, x"),
        ("e", "none"),
        ("f", "yes"),
        ("g", "{}"),
        ("h", "''"),
    ]


@given(st.lists(st.text(max_size=90), max_size=12, unique=True))
def test_slugs_are_distinct_on_any_file_system_and_never_leave_the_folder(names: list[str]) -> None:
    made = text.slugs(names)
    assert list(made) == names
    assert len({s.lower() for s in made.values()}) == len(names)
    for slug in made.values():
        assert slug
        assert slug.isascii()
        assert slug.replace("-", "").replace("_", "").isalnum() or set(slug) <= set("-_")
        assert len(slug) < 80
