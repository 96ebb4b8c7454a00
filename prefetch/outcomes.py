"""OperationOutcomes that come with, or instead of, data: what they say about its completeness.

A sender may answer an empty search with an outcome that only says "nothing found" (Epic 4101).
Others say that the list is not whole: Epic 59204 (entries suppressed) and 4119 (record may be
incomplete). The coding system differs from site to site, so the code alone decides.
"""

from typing import Any, Final

from prefetch.coding import as_list, as_text, concept

_NONE_FOUND: Final = frozenset({"4101"})
_INCOMPLETE: Final = frozenset({"59204", "4119"})
# IssueTypes (https://hl7.org/fhir/R4/valueset-issue-type.html) by which data is missing.
_LEFT_OUT: Final = frozenset(
    {
        "suppressed",
        "incomplete",
        "forbidden",
        "security",
        "login",
        "expired",
        "throttled",
        "timeout",
        "transient",
        "exception",
        "no-store",
    }
)


def is_outcome(resource: dict[str, Any]) -> bool:
    """Whether the resource is an OperationOutcome."""
    return resource.get("resourceType") == "OperationOutcome"


def says_none_found(outcome: dict[str, Any]) -> bool:
    """Whether every issue only says that the search found nothing."""
    issues = _issues(outcome)
    return bool(issues) and all(_codes(issue) & _NONE_FOUND for issue in issues)


def says_incomplete(outcome: dict[str, Any]) -> bool:
    """Whether an outcome beside data means that some of the data is missing.

    Errors do, and so does what says that entries were left out, whatever its severity. Anything
    else (a warning about a parameter, a note) leaves the list whole.
    """
    return any(map(_is_gap, _issues(outcome)))


def _is_gap(issue: dict[str, Any]) -> bool:
    if _codes(issue) & _INCOMPLETE or as_text(issue.get("code")) in _LEFT_OUT:
        return True
    harmless = issue.get("severity") in ("warning", "information")
    return not harmless and not _codes(issue) & _NONE_FOUND


def _issues(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    return [issue for issue in as_list(outcome.get("issue")) if isinstance(issue, dict)]


def _codes(issue: dict[str, Any]) -> set[str]:
    return {coding.code for coding in concept(issue.get("details")).codings}
