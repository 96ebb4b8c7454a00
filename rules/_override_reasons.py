"""Why a clinician may keep an order against advice.

From the Non-Adherence Reason Codes of CDS Hooks 3.0.0-ballot
(http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes), codes and displays as published.
"""

from typing import Final

from hooks.cards import Coding

_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


def _reason(code: str, display: str) -> Coding:
    return Coding(system=_SYSTEM, code=code, display=display)


OVERRIDE_REASONS: Final = (
    _reason(
        "action-performed-no-adverse-effect",
        "Intended action was performed previously without adverse effect",
    ),
    _reason("risk-benefit-ratio", "Recipient assessment of risk/benefit ratio"),
    _reason("cds-not-applicable", "PC CDS does not apply to patient"),
    _reason(
        "recipient-disagrees-evidence",
        "Recipient disagrees with recommendation because of issues with the evidence",
    ),
)
