"""The words at the head of each built table: where its facts come from and on what terms."""

from typing import Final

_NLM: Final = (
    "This product uses publicly available data courtesy of the U.S. National Library of Medicine",
    "(NLM), National Institutes of Health, Department of Health and Human Services; NLM is not",
    "responsible for the product and does not endorse or recommend this or any other product.",
)
_SNOMED: Final = (
    "SNOMED CT rows are from the Global Patient Set (September 2020), (c) SNOMED International,",
    "licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).",
)
SOURCES: Final = {
    "rxnorm-20251006": "x",
    "fda-unii-2014": "f",
    "ndfrt-2014": "n",
    "pharmgkb": "p",
    "pharmgkb-2025": "q",
    "nlm-allergenics": "a",
    "worldvista-2016": "w",
    "ohdsi": "o",
    "cumulus-kidney-transplant": "k",
    "cumulus-opioid": "u",
    "cpic": "c",
    "vsac-ecqm": "v",
    "pddi-cds-ig": "d",
    "eunomia": "e",
    "synthea": "s",
    "omtk-2020": "t",
    "ema-2025": "m",
    "cds-hooks-sandbox-2014": "b",
    "opioid-cds-r4": "i",
    "antihtn-2026": "h",
    "semantix-2015": "z",
    "dementia-2026": "y",
}
_LEGEND: Final = (
    "Codes and names: RxNorm, NLM, Current Prescribable Content 2025-10-06 (public domain), and",
    "for the letter A and for historic codes the further public sources below.",
    "status: c current, r retired by 2026, n not prescribable, h historic.",
    "confidence: h high, m medium, l low (kept only to name an ingredient of a confident row).",
    "sources: " + ", ".join(f"{letter} {name}" for name, letter in sorted(SOURCES.items())) + ".",
)
SHARE_ALIKE: Final = (
    "These rows rest on PharmGKB, DrugCentral or the EMA map alone and are shared under CC BY-SA",
    "4.0 (https://creativecommons.org/licenses/by-sa/4.0/). The service works without this file.",
)
FORM_WORDS: Final = (
    "Words for strength, unit and dose form that name no ingredient, read from the names of",
    "RxNorm's clinical drugs (NLM, Current Prescribable Content 2025-10-06, public domain).",
    *_NLM,
)
BRANDS: Final = (
    "Brand names that end the names of RxNorm's branded drugs (NLM, Current Prescribable Content",
    "2025-10-06, and historic names listed in products.tsv) but have no code of their own there.",
    *_NLM,
)
# "ferric subsulfate solution" and "aluminum hydroxide gel" do not make these words substances.
FORMS_IN_NAMES: Final = frozenset({"solution", "gel"})
HEADERS: Final = {
    "ingredients": (*_LEGEND, *_NLM),
    "products": (
        *_LEGEND,
        "basis: r official relation, n read from the name, nr both.",
        *_NLM,
    ),
    "classes": ("Class names are this project's own. Members: class_members.tsv.",),
    "class_members": (
        "Ingredients by pharmacological class. evidence: atc (codes as attributes, no WHO text),",
        "medrt (MED-RT through DrugCentral 2017), ansm (thesaurus, 2016 English edition), vsac",
        "(checked against value sets), chem (structure), curated (project's list), who-check",
        "(checked against the ATC index).",
        *_NLM,
    ),
    "allergens": (
        "Allergen codes: SNOMED CT Global Patient Set, RxNorm, HL7 IPS absent-unknown codes.",
        "targets: what the code means here. scope: what a statement of no known allergies denies.",
        *_SNOMED,
        *_NLM,
    ),
    "cross_reactivity": (
        "Cross-reactivity between ingredients (rxcui:) or classes (class:). A row of confidence",
        "low is kept for review and creates no conflict. only_with: the class row holds only for a",
        "drug that a side-chain row ties to the other class. Strengths await a clinician's review.",
    ),
}
