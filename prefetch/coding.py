"""A code and a concept, read tolerantly: what a CodeableConcept says, whatever shape it came in.

Both are structs, so that JSON of the right shape becomes one without passing through dicts;
`concept` makes the same of any other shape.
"""

from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

from prefetch.systems import ICD10, OIDS, canonical

# System and code of each coding of a concept.
Codes = tuple[tuple[str, str], ...]


class Coding(msgspec.Struct, frozen=True, gc=False):
    """One code. `system` is canonical (an OID becomes the URL); absent parts are empty strings."""

    system: str = ""
    code: str = ""
    display: str = ""

    def __post_init__(self) -> None:
        """Canonicalise the system, and take white space off the rest."""
        if self.system not in OIDS and (system := canonical(self.system)) != self.system:
            force_setattr(self, "system", system)
        if (code := self.code.strip()) is not self.code:
            force_setattr(self, "code", code)
        if (display := self.display.strip()) is not self.display:
            force_setattr(self, "display", display)


class Concept(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """A CodeableConcept: its distinct codings in the order sent, and its text ("" when absent)."""

    codings: tuple[Coding, ...] = msgspec.field(name="coding", default=())
    text: str = ""
    # A bare Coding in place of a concept is not for msgspec to read, but for `concept`.
    _bare_code: None = msgspec.field(name="code", default=None)
    _bare_display: None = msgspec.field(name="display", default=None)

    def __post_init__(self) -> None:
        """Leave out codings that say nothing or are repeated, and white space around the text."""
        codings = self.codings
        if len(codings) > 1 or (codings and not (codings[0].code or codings[0].display)):
            said = dict.fromkeys(c for c in codings if c.code or c.display)
            force_setattr(self, "codings", tuple(said))
        if (text := self.text.strip()) is not self.text:
            force_setattr(self, "text", text)

    def code(self, system: str) -> str:
        """The first code of `system`, or "" when there is none."""
        return next((c.code for c in self.codings if c.system == system and c.code), "")

    def is_a(self, system: str, *codes: str) -> bool:
        """Whether it has one of the codes; a code of ICD-10 also stands for its subdivisions."""
        found = {c.code for c in self.codings if c.system == system}
        if system not in ICD10:
            return not found.isdisjoint(codes)
        starts = tuple(map(undotted, codes))
        return any(undotted(code).startswith(starts) for code in found)

    @property
    def status(self) -> str:
        """A status' code: from its coding, or a bare code, or (as some send it) its text alone."""
        found = next((c.code for c in self.codings if c.code), self.text)
        return found.lower().replace(" ", "-")

    @property
    def codes(self) -> Codes:
        """What it says without words, which is what may be remembered of a chart."""
        return tuple([(c.system, c.code) for c in self.codings])

    @property
    def texts(self) -> tuple[str, ...]:
        """Its words, each of which may be empty: the text, then the displays."""
        return (self.text, *[c.display for c in self.codings])

    @property
    def label(self) -> str:
        """What a person would call it: the text, else the first display, else the first code."""
        return (
            self.text
            or next((c.display for c in self.codings if c.display), "")
            or next((c.code for c in self.codings), "")
        )

    def __bool__(self) -> bool:
        """True when the concept says anything at all."""
        return bool(self.codings or self.text)


NOTHING: Final = Concept()


def undotted(code: str) -> str:
    """An ICD-10 code as it may be compared: some leave its dot out."""
    return code.replace(".", "").upper()


def as_list(value: Any) -> list[Any]:
    """The value as a list: senders put an object where FHIR has an array, and null for none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def as_text(value: Any) -> str:
    """The value as stripped text; anything that is not a string is "" (a number is not a name)."""
    return value.strip() if isinstance(value, str) else ""


def concept(value: Any) -> Concept:
    """Read a CodeableConcept, a list of one, a bare Coding, or a bare string as a `Concept`."""
    if isinstance(value, str):
        return Concept(text=value)
    if isinstance(value, list):
        return concept(value[0]) if value else Concept()
    if not isinstance(value, dict):
        return Concept()
    raw = value.get("coding") if "coding" in value else value
    codings = (_coding(each) for each in (raw if isinstance(raw, list) else [raw]))
    return Concept(tuple(filter(None, codings)), as_text(value.get("text")))


def concepts(value: Any) -> tuple[Concept, ...]:
    """Read a list of CodeableConcepts (or one, where a list was due), leaving out empty ones."""
    return tuple(c for c in map(concept, as_list(value)) if c)


def _coding(value: Any) -> Coding | None:
    if not isinstance(value, dict):
        return None
    return Coding(*(as_text(value.get(name)) for name in ("system", "code", "display")))
