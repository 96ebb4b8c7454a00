"""Every query a rule may ask for, named once; two rules that ask alike share a key.

The templates use only plain context tokens, which every client can resolve, and only search
parameters that every vendor's server supports; what a server does not filter is filtered here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from prefetch.systems import LOINC


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
        advertised: whether EHRs are asked to send it with every call. What rules seldom come to is
            read when one does.
    """

    key: str
    template: str
    resource: str
    words: str = field(compare=False)
    after: tuple["Need", ...] = ()
    wider: str = ""
    advertised: bool = True

    def varied(self, templates: Mapping[str, str]) -> "Need":
        """The same need, asked by the template there is for its key, if there is one."""
        return replace(
            self,
            template=templates.get(self.key, self.template),
            after=tuple(need.varied(templates) for need in self.after),
        )


@dataclass(frozen=True, slots=True)
class LabNeed(Need):
    """The results of one test.

    Attributes:
        name: what a clinician calls the test.
        codes: its LOINC codes.
    """

    name: str = field(default="", compare=False)
    codes: tuple[str, ...] = ()


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
past_medications = Need(
    "past_medications",
    "MedicationRequest?patient={{context.patientId}}&status=completed",
    "MedicationRequest",
    "completed medication orders",
    wider="MedicationRequest?patient={{context.patientId}}",
    advertised=False,
)
administrations = Need(
    "administrations",
    "MedicationAdministration?patient={{context.patientId}}&status=completed",
    "MedicationAdministration",
    "doses that were given",
    wider="MedicationAdministration?patient={{context.patientId}}",
    advertised=False,
)
conditions = Need(
    "conditions", "Condition?patient={{context.patientId}}", "Condition", "problem list"
)
encounter = Need(
    "encounter", "Encounter/{{context.encounterId}}", "Encounter", "record of this encounter"
)


def labs(name: str, *codes: str) -> LabNeed:
    """The results of a test, by all the LOINC codes that mean it.

    A vital sign that is reported inside a panel needs the panel's code as well, for that is what
    servers search by.

    Args:
        name: what a clinician calls it: "eGFR".
        codes: LOINC codes, without the system.

    Raises:
        ValueError: there is no code, or one that is no LOINC code.
    """
    wanted = tuple(sorted(dict.fromkeys(codes)))
    if not name.strip() or not wanted or not all(map(_is_loinc, wanted)):
        raise ValueError(
            'needs.labs: write the name of the test and its LOINC codes: needs.labs("eGFR", '
            '"62238-1")'
        )
    query = ",".join(f"{LOINC}|{code}" for code in wanted)
    return LabNeed(
        key=f"labs-{'-'.join(wanted)}",
        template=f"Observation?patient={{{{context.patientId}}}}&code={query}",
        resource="Observation",
        words=f"{name} results",
        name=name,
        codes=wanted,
    )


def _is_loinc(code: str) -> bool:
    """Whether it looks like a LOINC code: digits, a dash, a check digit (Mod 10)."""
    number, dash, check = code.rpartition("-")
    if not (dash and number.isdecimal() and check.isdecimal() and code.isascii()):
        return False
    return str(_check_digit(number)) == check


def _check_digit(number: str) -> int:
    """The check digit of a LOINC number: every second digit doubled, all digits summed."""
    parts = [int(d) * (1 + (place % 2 == 0)) for place, d in enumerate(reversed(number))]
    return -sum(part // 10 + part % 10 for part in parts) % 10
