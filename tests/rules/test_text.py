"""Chart text on cards shows as itself, whatever it holds."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from rules._text import markdown, plain, sentence, shorten, uncapped

anything = st.text(max_size=400)
nasty = st.text(alphabet="<>&[]()*_`~|\\#+-!.:@/ w1\n\r\t\x00ahtps", max_size=120)


@given(anything | nasty)
def test_markdown_text_starts_nothing(text: str) -> None:
    """No tag, entity, link, emphasis, code, table, autolink or block can begin in chart text."""
    quoted = markdown(text)
    assert "<" not in quoted
    assert ">" not in quoted
    assert "\n" not in quoted
    bare = re.sub(r"\\.", "", quoted)
    assert not set("`*_[]|~\\") & set(bare)
    assert "://" not in bare
    assert "www." not in bare.lower()
    assert "@" not in bare
    assert not re.match(r"[#+=-]|\d+[.)]", quoted)


@given(nasty)
def test_markdown_text_reads_as_it_was(text: str) -> None:
    """Rendered, the text is what the chart says, but for white space and control characters."""
    rendered = html.unescape(re.sub(r"\\([\\`*_\[\]|~])", r"\1", markdown(text)))
    expected = " ".join("".join(" " if ord(c) < 32 else c for c in text).split())
    assert rendered == expected or rendered.endswith("…")


@given(anything | nasty)
def test_plain_text_is_one_harmless_line(text: str) -> None:
    """No line break, control character or angle bracket is left."""
    shown = plain(text)
    assert not re.search(r"[\x00-\x1f\x7f<>\u200b\u202e]", shown)


@given(st.text(max_size=400), st.integers(min_value=2, max_value=200))
def test_shortened_text_fits(text: str, limit: int) -> None:
    """Nothing is longer than asked, and what fits is not touched."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert len(text) > limit or short == text


def test_sentences_and_their_insides() -> None:
    """First letters are raised or lowered, and acronyms keep theirs."""
    assert sentence("amoxicillin is ordered") == "Amoxicillin is ordered"
    assert uncapped("Penicillins") == "penicillins"
    assert uncapped("COX-2 selective inhibitors") == "COX-2 selective inhibitors"
    assert uncapped("") == ""
