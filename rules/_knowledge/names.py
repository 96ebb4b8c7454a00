"""Names as people write them: comparing them, and taking the wording around a substance away."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 4000  # no drug or allergen has a longer name; longer text is not read

_WORD: Final = re.compile(r"[^\W_]+")
_TAG: Final = re.compile(
    r"\s*\((?:finding|substance|product|medicinal product|disorder|situation|organism)\)\s*$",
    re.IGNORECASE,
)
# The frames are those seen in SNOMED CT's Global Patient Set and in vendors' answers.
_FRAMES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:propensity to )?(?:allergy|allergic|intolerance) to (.+)",
        r"(?:allergic|adverse) reactions? (?:to|caused by) (.+)",
        r"(?:medicinal )?product containing (?:only )?(.+)",
        r"substance with (.+) structure(?: and .+ mechanism of action)?",
        r"(.+) (?:adverse reaction|drug allergy|allergy|allergies)",
    )
)
_NONE_KNOWN: Final = re.compile(
    r"no known (?:(drug|drugs|medication|medications|medicine|food|environmental) )?allerg(?:y|ies)"
)
_SCOPES: Final = {"": "all", "food": "food", "environmental": "environment"}
# No known (drug, medication) allergies.
_SHORT: Final = {
    **dict.fromkeys(("nka", "none", "none known"), "all"),
    **dict.fromkeys(("nkda", "nkma"), "medication"),
}
# What follows a name: an explanation in brackets, or what happened after a dash or a colon.
_GLOSSED: Final = re.compile(r"([^(\[]+)[(\[]([^)\]]+)[)\]]\s*")
_REMARKED: Final = re.compile(r"(.+?)(?:\s+[-\u2013\u2014]\s+|\s*:\s+)(.+)")
_MORE: Final = re.compile(r"[,;/&:(\[]|\band\b| [-\u2013\u2014] ", re.IGNORECASE)
#: A reaction of theirs is not the patient's.
RELATIVES: Final = frozenset(
    {"family", "mother", "mom", "father", "dad", "sister", "brother", "son", "daughter", "parent"}
)
_TAKEN_BACK: Final = RELATIVES | {
    *("no", "not", "none", "never", "without", "except", "denies", "denied", "negative", "ruled"),
    *("ok", "okay", "safe", "fine", "nil", "false", "nka", "nkda", "isn", "wasn"),
    *("error", "erroneous", "mistake", "wrong", "refuted", "removed", "resolved", "outgrown"),
    *("delabeled", "delabelled", "excluded", "disproved", "also", "plus"),
    *("aunt", "uncle", "grandmother", "grandfather", "sibling", "parents", "fh", "fhx"),
}
_MOST_LISTED: Final = 12
_LISTED: Final = (re.compile(r"[,;/&]|\band\b", re.IGNORECASE), re.compile(r"\s*-\s*"))
_GROUPED: Final = re.compile(r"(.+) (?:antibiotics?|drugs?|medications?|class)")


def normal(text: str) -> str:
    """The text as lower-case words of letters and digits, without accents and punctuation."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of `normal`."""
    if text.isascii():
        return _WORD.findall(text.lower())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


def untagged(text: str) -> str:
    """The text without the tag that ends SNOMED CT's names, such as "(disorder)"."""
    return _TAG.sub("", text)


def spaced(text: str) -> str:
    """The text in one line, with one space between words."""
    return " ".join(text.split())


def unframed(text: str) -> str:
    """The normalised substance in wording such as "Allergy to X (finding)" or "X allergy"."""
    name = normal(untagged(text))
    for frame in _FRAMES:
        if match := frame.fullmatch(name):
            return match[1]
    return name


def variants(name: str) -> tuple[str, ...]:
    """A normalised name as it stands, in the plural, and in the singular."""
    return (name, f"{name}s", name.removesuffix("s"))


def explained(text: str) -> tuple[str, str, bool]:
    """A name, what follows it, and whether that explains it, standing in brackets.

    As in "Sulfa (sulfonamide antibiotics)", and "codeine - nausea"; empty where nothing follows.
    """
    if match := _GLOSSED.fullmatch(text):
        return match[1], match[2], True
    match = _REMARKED.fullmatch(text)
    return (match[1], match[2], False) if match else ("", "", False)


def says_more(text: str) -> bool:
    """Whether a text may name several substances, or say something of one."""
    return _MORE.search(text) is not None


def takes_back(remark: str) -> bool:
    """Whether a remark denies what it follows, or tells of what was tolerated."""
    return not _TAKEN_BACK.isdisjoint(words(remark)) or "tolerat" in remark.lower()


def listed(text: str) -> Iterator[list[str]]:
    """Several names in one wording, in each way in which it may be meant."""
    for separator in _LISTED:
        parts = [part.strip() for part in separator.split(text)]
        if 1 < len(parts) <= _MOST_LISTED and all(parts):
            yield parts


def ungrouped(name: str) -> str:
    """A normalised name without what says that it is a group, as in "macrolide antibiotics"."""
    match = _GROUPED.fullmatch(name)
    return match[1] if match else name


def denial(text: str) -> str:
    """What a statement of no known allergies denies: all, medication, food, environment, or ""."""
    text = untagged(text)
    name, told, explains = explained(text)
    if explains:
        return denial(name) if denial(told) else ""
    name = normal(text)
    if match := _NONE_KNOWN.fullmatch(name):
        return _SCOPES.get(match[1] or "", "medication")
    return _SHORT.get(name, "")
