"""Every query a rule may ask for, named once; two rules that ask alike share a key.

The templates use only plain context tokens, which every client can resolve, and only search
parameters that every vendor's server supports; what a server does not filter is filtered here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Need:
    """One query.

    Attributes:
        key: the prefetch key, as advertised by discovery.
        template: the FHIR read or search, with prefetch tokens.
        resource: the resource type that answers it.
        words: what a clinician calls the data.
        after: the needs whose data its template refers to as `%key`.
        wider: what is asked instead if the server refuses the query, as some do for a parameter
            they do not have; "" when nothing is. It must bring all that the query would, and what
            it brings beyond that must be left out by the chart.
    """

    key: str
    template: str
    resource: str
    words: str
    after: tuple["Need", ...] = ()
    wider: str = ""

    def varied(self, templates: Mapping[str, str]) -> "Need":
        """The same need, asked by the template there is for its key, if there is one."""
        return replace(
            self,
            template=templates.get(self.key, self.template),
            after=tuple(need.varied(templates) for need in self.after),
        )


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
    wider="MedicationRequest?patient={{context.patientId}}",
)
