"""Every query a rule may ask for, named once; two rules that ask alike share a key.

The templates use only plain context tokens, which every client can resolve, and only search
parameters that every vendor's server supports; what a server does not filter is filtered here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """One query.

    Attributes:
        key: the prefetch key, as advertised by discovery.
        template: the FHIR read or search, with prefetch tokens.
        resource: the resource type that answers it.
        words: what a clinician calls the data.
        after: the needs whose data its template refers to as `%key`.
    """

    key: str
    template: str
    resource: str
    words: str
    after: tuple["Need", ...] = ()


patient = Need("patient", "Patient/{{context.patientId}}", "Patient", "patient record")
allergies = Need(
    "allergies",
    "AllergyIntolerance?patient={{context.patientId}}",
    "AllergyIntolerance",
    "allergy list",
)
medications = Need(
    "medications",
    "MedicationRequest?patient={{context.patientId}}&status=active",
    "MedicationRequest",
    "medication list",
)
