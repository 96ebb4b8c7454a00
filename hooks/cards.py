"""What we answer: cards, suggestions and actions, checked as they are made.

Standard: CDS Hooks 3.0.0-ballot, "CDS Service Response". Whatever the standard says a service
SHALL do is a validation here, so an answer that breaks it cannot be built, let alone sent.
"""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from hooks.errors import InvalidAnswer

Indicator = Literal["info", "warning", "critical"]
SelectionBehavior = Literal["at-most-one", "any"]

SUMMARY_LIMIT = 140
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Summary = Annotated[
    str, StringConstraints(min_length=1, max_length=SUMMARY_LIMIT - 1, strip_whitespace=True)
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
TopicCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,100}$")]


def _without_empties(value: Any) -> Any:
    """A resource without the nulls and empties it came with; a list keeps nulls, as FHIR may."""
    if isinstance(value, list):
        return [each for each in map(_without_empties, value) if each not in _EMPTY[1:]]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_empties(inner) for name, inner in value.items()}
    return {name: inner for name, inner in kept.items() if inner not in _EMPTY}


class _Part(BaseModel):
    """A part of an answer: unknown members, nulls and empty lists do not get in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, **values: Any) -> None:
        """Build the part.

        Raises:
            InvalidAnswer: the standard does not allow these values.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            kind = type(self).__name__
            raise InvalidAnswer(f"{kind}: {_first_fault(error)}") from None


class Coding(_Part):
    """A code; `display` is required where the code is an override reason."""

    system: Text
    code: Text
    display: Text | None = None


class Topic(Coding):
    """What a card is about, in letters and digits: EHRs remember overrides by it."""

    code: TopicCode


class Source(_Part):
    """The guidance behind a card."""

    label: Text
    url: Url | None = None
    topic: Topic | None = None


class Link(_Part):
    """A page, or a SMART app, to open from a card."""

    label: Text
    url: Url
    type: Literal["absolute", "smart"] = "absolute"
    appContext: Text | None = None

    @model_validator(mode="after")
    def _context_is_for_smart_apps(self) -> Self:
        if self.appContext and self.type != "smart":
            raise ValueError("appContext is only for links of type smart")
        return self


class Action(_Part):
    """One change: create or update carries the resource, delete names it by `resourceId`."""

    type: Literal["create", "update", "delete"]
    description: Text
    resource: Annotated[dict[str, Any], AfterValidator(_without_empties)] | None = None
    resourceId: Text | None = None

    @model_validator(mode="after")
    def _carries_what_its_type_needs(self) -> Self:
        if self.type == "delete":
            if self.resource is not None or not self.resourceId:
                raise ValueError("a delete names its resource by resourceId, and carries none")
        elif not self.resource:
            raise ValueError(f"a {self.type} carries the whole resource")
        return self


class Suggestion(_Part):
    """A change the user can accept with one click: all its actions together."""

    label: Text
    uuid: Text
    isRecommended: bool | None = None
    actions: Annotated[tuple[Action, ...], Field(min_length=1)] | None = None


class Card(_Part):
    """One piece of guidance."""

    uuid: Text
    summary: Summary
    detail: Text | None = None
    indicator: Indicator
    source: Source
    suggestions: Annotated[tuple[Suggestion, ...], Field(min_length=1)] | None = None
    selectionBehavior: SelectionBehavior | None = None
    overrideReasons: Annotated[tuple[Coding, ...], Field(min_length=1)] | None = None
    links: Annotated[tuple[Link, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _keeps_its_promises(self) -> Self:
        if bool(self.suggestions) != bool(self.selectionBehavior):
            raise ValueError("suggestions and selectionBehavior come together")
        recommended = sum(bool(s.isRecommended) for s in self.suggestions or ())
        if recommended > 1 and self.selectionBehavior == "at-most-one":
            raise ValueError("with at-most-one, only one suggestion can be recommended")
        if any(not reason.display for reason in self.overrideReasons or ()):
            raise ValueError("every override reason needs a display")
        return self


class CardsResponse(_Part):
    """The whole answer; `cards` is always there, even when empty."""

    cards: tuple[Card, ...] = ()

    def to_json(self) -> bytes:
        """The answer as it is sent."""
        return self.model_dump_json(exclude_none=True).encode()


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place or 'whole'}: {fault['msg']}"
