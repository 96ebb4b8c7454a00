"""Every exception the project raises on purpose.

CardwiseError
├── RequestError            what the caller sent cannot be accepted
│   ├── MalformedRequest      not JSON, or not the shape the standard gives it
│   ├── TooMuch               more of something than is taken in one request
│   ├── UnknownService        no service of that id
│   ├── WrongHook             the service does not answer that hook
│   ├── WrongPatient          a draft order is for somebody else
│   ├── NotAuthenticated      the caller's token is missing or cannot be trusted
│   ├── UnknownCard           feedback is about a card that was not given to this caller
│   └── TryLater              what was sent is right, and cannot be taken now
│       ├── OverBudget          the caller's site calls more than was agreed
│       ├── Unavailable         what is needed to check a call cannot be reached
│       └── NotStored           it cannot be stored
├── PreconditionFailed      required patient data could not be obtained
├── NotObtained             a rule read something that was not obtained
├── NotKnown                a rule asked what the chart does not say
├── InvalidAnswer           a card or action we made breaks the standard
├── RuleError               a rule folder cannot be loaded
├── KnowledgeError          an official release cannot be imported
├── CaseError               a rule's case, or its chart, cannot be read or run
└── ConfigurationError      a setting cannot be used

Beside them stands NotRead: a rule came to data that is read only when a rule comes to it.

Messages say what was expected, what came, and where. They never hold patient data or tokens:
"what came" is a kind of value ("a number"), not the value.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent.

    Attributes:
        text: expected and actual, as a sentence.
        where: path of the element, such as `context.patientId`; "" for the whole body.
        code: a FHIR IssueType (https://hl7.org/fhir/R4/valueset-issue-type.html).
    """

    text: str
    where: str = ""
    code: str = "invalid"


class CardwiseError(Exception):
    """The root of all exceptions raised on purpose."""


class RequestError(CardwiseError):
    """What the caller sent cannot be accepted; `problems` say why."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.where or 'body'}: {p.text}" for p in problems))


class MalformedRequest(RequestError):
    """The body is not JSON, or not of the shape the standard gives it."""


class TooMuch(RequestError):
    """A request holds more of something than is taken in one (HTTP 413)."""

    def __init__(self, what: str, most: int, came: int, where: str = "") -> None:
        super().__init__(Problem(f"Expected at most {most} {what}, got {came}.", where, "too-long"))


class UnknownService(RequestError):
    """No service of that id is offered."""


class WrongHook(RequestError):
    """The service exists, and does not answer the hook that was sent."""


class WrongPatient(RequestError):
    """A draft order names another patient than the context does."""


class NotAuthenticated(RequestError):
    """The caller's token is missing or cannot be trusted (HTTP 401).

    Attributes:
        reason: one word for what is wrong, for counters and for the caller's operators.
    """

    def __init__(self, reason: str, text: str) -> None:
        self.reason = reason
        code = "login" if reason == "missing" else "security"
        super().__init__(Problem(text, "http.Authorization", code))


class TryLater(RequestError):
    """Nothing is wrong with what was sent, and it cannot be taken now.

    Attributes:
        reason: one word for it, for counters.
        retry_after: seconds after which it may be sent again.
    """

    reason = "try-later"
    code = "no-store"

    def __init__(self, text: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(Problem(text, code=self.code))


class OverBudget(TryLater):
    """The caller's site calls more often, or more at once, than was agreed (HTTP 429)."""

    reason = "over-budget"
    code = "throttled"


class Unavailable(TryLater):
    """What is needed to check a call cannot be reached (HTTP 503)."""

    reason = "unavailable"


class UnknownCard(RequestError):
    """Feedback is about a card that this service did not give this caller (HTTP 422)."""


class NotStored(TryLater):
    """What was sent cannot be stored now; sending it again does no harm (HTTP 503)."""

    reason = "not-stored"

    def __init__(self, retry_after: int) -> None:
        text = "This could not be stored, and was not acknowledged; send it again later."
        super().__init__(text, retry_after)


class PreconditionFailed(RequestError):
    """Required patient data was neither prefetched nor could it be read (HTTP 412)."""


class NotObtained(CardwiseError):
    """A rule read data that was not obtained; the evaluator turns it into "not checked"."""

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(f"{key} was not obtained: {reason}")


class NotRead(BaseException):
    """A rule came to data that nobody has read yet; it is read, and the rule begins anew.

    It is no error, and no rule is to catch it. Its arguments are the needs of another rule that was
    asked in passing.
    """


class NotKnown(CardwiseError):
    """A rule asked what the chart does not say, or not exactly enough: "not checked" as well.

    Attributes:
        why: what is missing, as a clause without anything of the patient's.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class InvalidAnswer(CardwiseError):
    """A card, suggestion or action we made breaks the standard; it must not leave."""


class RuleError(CardwiseError):
    """A rule folder cannot be loaded; the message says what to change and where."""


class KnowledgeError(CardwiseError):
    """A release cannot be imported, or what was imported cannot be read; says what to do."""


class CaseError(CardwiseError):
    """A rule's case, or its chart, cannot be read or run; the message says what was expected."""


class ConfigurationError(CardwiseError):
    """A setting cannot be used; the message names it and the remedy."""
