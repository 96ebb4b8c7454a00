"""What goes wrong, in FHIR's words: an HTTP status and an OperationOutcome."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class FhirError(Exception):
    """A request that is answered with an OperationOutcome; `code` is from FHIR's issue-type."""

    def __init__(
        self, status: int, code: str, diagnostics: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.headers = dict(headers or {})

    @property
    def outcome(self) -> Json:
        """The OperationOutcome that tells the client what was wrong."""
        issue = {"severity": "error", "code": self.code, "diagnostics": self.diagnostics}
        return {"resourceType": "OperationOutcome", "issue": [issue]}


def bad_request(diagnostics: str, code: str = "invalid") -> FhirError:
    """A request that can never succeed as it was sent."""
    return FhirError(400, code, diagnostics)
