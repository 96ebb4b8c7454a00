"""What the words of a reaction tell of, and what nothing benign beside them hides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules._knowledge import Knowledge
from rules._knowledge.reactions import OTHER
from tests.strategies import odd_text, quick

KNOW = Knowledge.shipped()
SEVERE = ["Anaphylaxis", "SJS", "facial swelling", "Shortness of breath", "swelling of the lips"]
BENIGN = ["rash", "Nausea", "itchy skin", "GI upset", "headache"]


def kinds(*told: str) -> set[str]:
    """The kinds of reaction that these wordings tell of."""
    return set(KNOW.reactions(told))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Rash", {"rash"}),
        ("Mild skin rash (disorder)", {"rash"}),
        ("nausea and vomiting", {"digestive"}),
        ("Hives; wheezing", {"immediate", "severe", "respiratory"}),
        ("dry cough", {"side-effect"}),
        ("no anaphylaxis", set()),
        ("rash, denies hives or wheezing", {"rash"}),
        ("No hives. Anaphylaxis", {"severe"}),
        ("rash on the arms", {"rash"}),
        ("rash and purple nails", {"rash", OTHER}),
        ("as a child", set()),
        ("Malignant hyperthermia", {"own"}),
        ("nausea and bad reaction", {"digestive", OTHER}),
        ("Mother had anaphylaxis", {OTHER}),
        ("no history of anaphylaxis", set()),
        ("anaphylaxis ruled out", set()),
        ("39579001", {OTHER}),
        ("Severe allergic reaction", {OTHER}),
        ("Allergic rash", {"rash"}),
        ("", set()),
    ],
)
def test_kinds(told: str, expected: set[str]) -> None:
    """Known words tell of their kinds, denied ones of none, and any other of something else."""
    assert kinds(told) == expected


@pytest.mark.parametrize(
    "word",
    [
        *("a", "an", "and", "as", "in", "of", "on", "only", "or", "the", "to", "with"),
        *("mild", "moderate", "severe", "slight", "some", "generalized", "localized"),
        *("allergic", "disorder", "finding", "symptom", "skin"),
        *("bad", "high", "red", "all", "over", "body", "arm", "arms", "leg", "legs"),
        *("at", "for", "from", "after", "when", "while", "dose", "doses", "years", "ago", "age"),
        *("child", "childhood", "infant", "baby", "per"),
        *("pt", "patient", "history", "hx", "reported"),
    ],
)
def test_words_that_tell_of_nothing(word: str) -> None:
    """How much, where and when leaves a rash a rash."""
    assert kinds(f"rash {word}") == {"rash"}


@pytest.mark.parametrize("who", ["family", "mother", "mom", "father", "dad", "sister", "brother"])
def test_another_persons_reaction(who: str) -> None:
    """What happened to a relative is something else."""
    assert kinds(f"{who} had anaphylaxis") == {OTHER}


@given(st.sampled_from(SEVERE), st.lists(st.sampled_from(BENIGN) | odd_text(), max_size=3))
@quick
def test_nothing_hides_a_severe_reaction(severe: str, beside: list[str]) -> None:
    """Whatever else is told, in entries of their own, a severe reaction is severe."""
    assert "severe" in kinds(*beside, severe)
    assert kinds(*beside) <= kinds(*beside, severe)


@given(st.lists(st.text("xyz", min_size=3), min_size=1), st.sampled_from(BENIGN))
@quick
def test_unknown_words_are_told_apart_from_none(unknown: list[str], benign: str) -> None:
    """Words that are not known make a reaction something else, beside any that is known."""
    assert kinds(" ".join(unknown)) == {OTHER}
    assert OTHER in kinds(f"{benign} {' '.join(unknown)}")
    assert OTHER not in kinds(benign)
