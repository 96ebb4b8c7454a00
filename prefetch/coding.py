"""A code and a concept, read tolerantly: what a CodeableConcept says, whatever shape it came in."""

from typing import Any, NamedTuple

from prefetch.systems import canonical


class Coding(NamedTuple):
    """One code. `system` is canonical (an OID becomes the URL); absent parts are empty strings."""

    system: str
    code: str
    display: str = ""


class Concept(NamedTuple):
    """A CodeableConcept: its distinct codings in the order sent, and its text ("" when absent)."""

    codings: tuple[Coding, ...] = ()
    text: str = ""

    def code(self, system: str) -> str:
        """The first code of `system`, or "" when there is none."""
        return next((c.code for c in self.codings if c.system == system and c.code), "")

    @property
    def label(self) -> str:
        """What a person would call it: the text, else the first display, else the first code."""
        displays = (c.display for c in self.codings if c.display)
        codes = (c.code for c in self.codings)
        return self.text or next(displays, "") or next(codes, "")

    def __bool__(self) -> bool:
        """True when the concept says anything at all."""
        return bool(self.codings or self.text)


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
        return Concept(text=value.strip())
    if isinstance(value, list):
        return concept(value[0]) if value else Concept()
    if not isinstance(value, dict):
        return Concept()
    raw = value.get("coding") if "coding" in value else value
    return Concept(_codings(raw if isinstance(raw, list) else [raw]), as_text(value.get("text")))


def concepts(value: Any) -> tuple[Concept, ...]:
    """Read a list of CodeableConcepts (or one, where a list was due), leaving out empty ones."""
    return tuple(c for c in map(concept, as_list(value)) if c)


def _codings(values: list[Any]) -> tuple[Coding, ...]:
    """The codings that say something, each once. Written out plainly: it is the hottest loop."""
    found = []
    for value in values:
        if isinstance(value, dict):
            system, code, display = value.get("system"), value.get("code"), value.get("display")
            code = code.strip() if isinstance(code, str) else ""
            display = display.strip() if isinstance(display, str) else ""
            if code or display:
                system = canonical(system) if isinstance(system, str) else ""
                found.append(Coding(system, code, display))
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)
