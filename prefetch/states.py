"""What became of a piece of data: found, known to be empty, or not obtained, and why.

Only "known to be empty" lets anyone say "none".
"""

from enum import StrEnum


class State(StrEnum):
    """How the data under a prefetch key ended."""

    GIVEN = "given"
    KNOWN_EMPTY = "known-empty"
    FETCHED = "fetched"
    NOT_OBTAINED = "not-obtained"


class Reason(StrEnum):
    """Why data was not obtained, or not all of it."""

    NO_FHIR_SERVER = "no-fhir-server"
    SERVER_NOT_ALLOWED = "fhir-server-not-allowed"
    NO_TOKEN = "no-token"  # noqa: S105 - a reason, not a secret
    NO_CONTEXT = "no-context"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    REJECTED = "rejected"
    RATE_LIMITED = "rate-limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    REDIRECTED = "redirected"
    SERVER_ERROR = "server-error"
    MALFORMED = "malformed"
    OUTCOME = "outcome"
    WRONG_PATIENT = "wrong-patient"
    REDACTED = "redacted"
    TRUNCATED = "truncated"

    @property
    def words(self) -> str:
        """The reason as a clinician would say it, to follow "could not be read: "."""
        return _WORDS[self]


_WORDS = {
    Reason.NO_FHIR_SERVER: "the record system did not send it",
    Reason.SERVER_NOT_ALLOWED: "the record server is not one this service may read",
    Reason.NO_TOKEN: "the record system gave no permission to read it",
    Reason.NO_CONTEXT: "the request does not say whose it is",
    Reason.UNAUTHORIZED: "the permission to read it has expired or is not valid",
    Reason.FORBIDDEN: "this user may not read it",
    Reason.NOT_FOUND: "the record server does not have it",
    Reason.REJECTED: "the record server refused the query",
    Reason.RATE_LIMITED: "the record server is busy",
    Reason.TIMEOUT: "the record server took too long",
    Reason.UNREACHABLE: "the record server could not be reached",
    Reason.UNAVAILABLE: "the record server has failed repeatedly",
    Reason.REDIRECTED: "the record server is somewhere else now",
    Reason.SERVER_ERROR: "the record server reported an error",
    Reason.MALFORMED: "what came could not be understood",
    Reason.OUTCOME: "the record system says data is missing",
    Reason.WRONG_PATIENT: "some of it belongs to another patient",
    Reason.REDACTED: "part of it is withheld",
    Reason.TRUNCATED: "only part of it could be read",
}
