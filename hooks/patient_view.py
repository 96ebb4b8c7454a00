"""`patient-view`: the user has just opened a patient's record.

Hook page: https://cds-hooks.hl7.org/hooks/patient-view.html (hookVersion 1.0).
"""

from hooks.request import Context

HOOK = "patient-view"
HOOK_VERSION = "1.0"


class PatientView(Context, frozen=True, kw_only=True):
    """userId, patientId, and encounterId when there is one."""


CONTEXT = PatientView
