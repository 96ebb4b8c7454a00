"""What an EHR tells us became of a card.

Standard: CDS Hooks 3.0.0-ballot, "Feedback". Read leniently: Epic writes `overrideReasons` for
`overrideReason` and puts its own reason into an extension; the sandbox sends a reason without
display, or none at all.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from hooks.errors import MalformedRequest, Problem
from hooks.request import within


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Reason(_Sent):
    """The override reason that was picked; codes may be a site's own."""

    code: str | None = None
    system: str | None = None
    display: str | None = None


class OverrideReason(_Sent):
    """Why a card was overridden: a reason, a comment, a vendor's extension, or several of them."""

    reason: Reason | None = None
    userComment: str | None = None
    extension: dict[str, Any] | None = None


class AcceptedSuggestion(_Sent):
    """The `uuid` of a suggestion that was accepted."""

    id: str = Field(min_length=1)


class Feedback(_Sent):
    """What became of one card."""

    card: str = Field(min_length=1)
    outcome: Literal["accepted", "overridden"]
    acceptedSuggestions: Annotated[
        tuple[AcceptedSuggestion, ...], BeforeValidator(lambda sent: () if sent is None else sent)
    ] = ()
    overrideReason: OverrideReason | None = Field(
        default=None, validation_alias=AliasChoices("overrideReason", "overrideReasons")
    )
    outcomeTimestamp: datetime

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, sent: Any) -> Any:
        """A null beside Epic's `overrideReasons` must not hide it."""
        if isinstance(sent, dict) and sent.get("overrideReason", ...) is None:
            return {name: value for name, value in sent.items() if name != "overrideReason"}
        return sent

    @model_validator(mode="after")
    def _accepted_names_its_suggestions(self) -> Self:
        if self.outcome == "accepted" and not self.acceptedSuggestions:
            raise ValueError("an accepted outcome names at least one of acceptedSuggestions")
        return self

    @property
    def at(self) -> datetime:
        """When the user acted; a time sent without a zone is UTC, as the standard has it."""
        when = self.outcomeTimestamp
        return when if when.tzinfo else when.replace(tzinfo=UTC)


class FeedbackRequest(_Sent):
    """The whole body: at least one piece of feedback, for one card or for many."""

    feedback: tuple[Feedback, ...] = Field(json_schema_extra={"minItems": 1})

    @field_validator("feedback")
    @classmethod
    def _holds_some(cls, pieces: tuple[Feedback, ...]) -> tuple[Feedback, ...]:
        # not min_length: beside any wrong piece it would also report an empty list
        if not pieces:
            raise ValueError("at least one piece of feedback is expected")
        return pieces


def read_feedback(body: bytes, most: int = 1000) -> tuple[Feedback, ...]:
    """Read and check a feedback body of at most so many pieces.

    Raises:
        TooMuch: there are more.
        MalformedRequest: naming every wrong element by its path; none of its values is repeated.
    """
    try:
        pieces = FeedbackRequest.model_validate_json(body).feedback
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        raise MalformedRequest(
            *(Problem(f"{f['msg']}.", _path(f["loc"])) for f in faults)
        ) from None
    within(most, "pieces of feedback", len(pieces), "feedback")
    return pieces


def _path(location: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).lstrip(".")
