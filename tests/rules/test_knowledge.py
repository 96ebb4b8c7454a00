"""What `Knowledge` makes of the codes and words of orders, and how drugs and allergens are tied."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import RuleError
from prefetch.coding import Coding, Concept, concept
from prefetch.systems import ICD10CM, RXNORM, SNOMED, UNII
from rules._knowledge import Allergen, Drug, Knowledge
from rules._knowledge.names import normal

KNOW = Knowledge.shipped()
PENICILLIN_G, AMOXICILLIN, CLAVULANATE, CEPHALEXIN = "7980", "723", "48203", "2231"
PENICILLIN_ALLERGY = Concept((Coding(SNOMED, "91936005"),))
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def rxnorm(*codes: str) -> Concept:
    """A concept of RxNorm codings."""
    return Concept(tuple(Coding(RXNORM, code) for code in codes))


def drug(code: str) -> Drug:
    """The drug of one RxNorm code that must be known."""
    found = KNOW.drug(rxnorm(code))
    assert found is not None
    return found


def allergy(text: str) -> Allergen:
    """The allergen of a record that has only text."""
    return KNOW.allergen(Concept(text=text))


def strength(allergen: Allergen, order: str) -> str:
    """How strongly an order conflicts with an allergen; "" when it does not."""
    found = KNOW.conflict(drug(order), allergen)
    return found.strength if found else ""


def test_combination_product_resolves_to_each_base_ingredient() -> None:
    """A product of several ingredients names all of them, in readable order."""
    found = drug("562251")  # amoxicillin 250 MG / clavulanate 125 MG Oral Tablet
    assert found.ingredients == (CLAVULANATE, AMOXICILLIN)
    assert (found.name, found.basis) == ("amoxicillin / clavulanate", "code")


def test_product_decides_over_ingredient_codes() -> None:
    """Ingredient codes beside a product code do not turn a combination into one drug."""
    found = KNOW.drug(rxnorm(AMOXICILLIN, AMOXICILLIN, "562251"))
    assert found is not None
    assert found.ingredients == (CLAVULANATE, AMOXICILLIN)
    assert found.matched == Coding(RXNORM, "562251")


@pytest.mark.parametrize(
    "name", ["Fiorinal #3", "Tylenol 1", "Fiorinal no. 4", "Fiorinal 3", "Tylenol 2 tablets"]
)
def test_a_number_is_a_part_of_the_name(name: str) -> None:
    """A brand with a number may be another drug, and is not read as the brand alone."""
    assert KNOW.drug(Concept(text=name)) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tylenol #3", "acetaminophen / codeine"),
        ("Tylenol 325", "acetaminophen"),
        ("Glucophage 3.2 mg tablet", "metformin"),
        ("Glucophage 3 mg tab", "metformin"),
        ("Tylenol tablet", "acetaminophen"),
        ("Keflex 2 caps", "cephalexin"),
    ],
)
def test_a_strength_is_no_part_of_the_name(text: str, name: str) -> None:
    """A number with a unit, or one that is too large to count, says how much."""
    found = KNOW.drug(Concept(text=text))
    assert found is not None
    assert found.name == name


def test_disagreeing_codes_are_voted_on_and_never_united() -> None:
    """With products of different ingredients, the set most codings support wins."""
    found = KNOW.drug(rxnorm("562251", "308182", AMOXICILLIN))
    assert found is not None
    assert found.ingredients == (AMOXICILLIN,)


def test_tied_codes_give_the_first() -> None:
    """Two ingredients with one coding each give the one that was sent first."""
    found = KNOW.drug(rxnorm(CEPHALEXIN, AMOXICILLIN))
    assert found is not None
    assert found.ingredients == (CEPHALEXIN,)


def test_unii_is_a_drug_code() -> None:
    """Penicillin G is recognised by each of the UNIIs Epic sends for it that a table holds."""
    found = KNOW.drug(Concept((Coding(UNII, "Q42T66VG0C"),)))
    assert found is not None
    assert found.ingredients == (PENICILLIN_G,)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Amoxicillin", "amoxicillin"),
        ("amoxicillin 500 mg capsule", "amoxicillin"),
        ("AMOXICILLIN-CLAVULANATE 875-125 mg tablet", "amoxicillin / clavulanate"),
        ("amoxicillin 250 MG / clavulanate 125 MG Oral Tablet", "amoxicillin / clavulanate"),
        ("metFORMIN HCl 500 mg tabs", "metformin"),
        ("5 ML fentanyl 0.05 MG/ML Injection", "fentanyl"),
        ("Benadryl", "diphenhydramine"),
        ("lidocaine with epinephrine", "epinephrine / lidocaine"),
    ],
)
def test_text_names_a_drug(text: str, name: str) -> None:
    """A drug's name, alone or with strength and form, is read and labelled as text."""
    found = KNOW.drug(Concept(text=text))
    assert found is not None
    assert (found.name, found.basis, found.matched) == (name, "text", None)


@pytest.mark.parametrize(
    "text",
    [
        "lidocaine 1% without epinephrine",
        "not amoxicillin",
        "amoxicillin challenge",
        "penicillin",  # a class is not something to order
        "500 mg tablet",
        "amoxicillin 500 MG Oral Capsule [Keflex]",  # name and brand disagree
        "",
    ],
)
def test_doubtful_text_names_no_drug(text: str) -> None:
    """One word too many, or two readings that differ, and nothing is matched."""
    assert KNOW.drug(Concept(text=text)) is None


def test_text_that_disagrees_with_a_display_names_no_drug() -> None:
    """Two names for two drugs in one uncoded concept are ambiguous."""
    coding = Coding("urn:local", "1", "warfarin")
    assert KNOW.drug(Concept((coding,), "amoxicillin")) is None


@given(st.sampled_from(["amoxicillin", "warfarin", "metformin"]), st.text(string.punctuation))
def test_case_and_punctuation_do_not_matter(name: str, noise: str) -> None:
    """A name is the same name in capitals and between marks."""
    found = KNOW.drug(Concept(text=f"{noise} {name.upper()} {noise}"))
    assert found is None or found.name == name
    assert normal(f"{noise}{name.upper()}{noise}") == name


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    """`normal` gives a form that is its own normal form."""
    assert normal(normal(text)) == normal(text)


@given(st.text(), st.text())
def test_any_concept_is_answered(code: str, text: str) -> None:
    """No code or text a sender can make up raises an error."""
    given_concept = concept({"coding": [{"system": RXNORM, "code": code}], "text": text})
    KNOW.drug(given_concept)
    assert KNOW.allergen(given_concept).kind


@pytest.mark.parametrize("word", ["substance with structure ", "amoxicillin ", "1 ML ", "a-"])
def test_a_book_is_not_a_name(word: str) -> None:
    """Text far longer than any name is not read, so that it costs nothing."""
    text = word * 100_000
    assert KNOW.drug(Concept(text=text)) is None
    assert allergy(text).kind == "unknown"


def test_same_ingredient_in_a_combination() -> None:
    """Each ingredient of a combination is checked."""
    found = KNOW.conflict(drug("562251"), allergy("amoxicillin"))
    assert found is not None
    assert (found.kind, found.strength, found.ingredient_name) == (
        "same-ingredient",
        "high",
        "amoxicillin",
    )


def test_class_allergy_meets_a_member() -> None:
    """Penicillin allergy and an amoxicillin order conflict through the class."""
    found = KNOW.conflict(drug("308182"), KNOW.allergen(PENICILLIN_ALLERGY))
    assert found is not None
    assert (found.kind, found.one_of, found.strength) == ("same-class", "a penicillin", "high")
    assert found.reference.startswith("Class membership: ")


def test_ingredient_allergy_meets_its_class() -> None:
    """Penicillin G allergy and an amoxicillin order conflict by a cited row."""
    found = KNOW.conflict(drug("308182"), allergy("penicillin G"))
    assert found is not None
    assert (found.kind, found.strength) == ("same-class", "high")
    assert "Khan" in found.reference


@pytest.mark.parametrize(
    ("allergen", "order", "expected"),
    [
        ("ampicillin", "2231", "high"),  # cephalexin: identical side chain
        ("amoxicillin", "2231", "moderate"),  # similar side chain
        ("aztreonam", "2191", "high"),  # ceftazidime: identical side chain
        ("ceftazidime", "2193", "moderate"),  # ceftriaxone: a similar side chain
        ("cephalexin", "2176", "high"),  # cefaclor: identical side chain
        ("penicillin G", "2231", ""),  # no shared side chain
        ("penicillin G", "29561", ""),  # meropenem: very low
        ("penicillin", "2180", ""),  # cefazolin: a side chain of its own
        ("penicillin", "2231", "low"),  # cephalexin shares one with some penicillins
        ("cephalosporins", AMOXICILLIN, "low"),
        ("penicillin", "1272", ""),  # aztreonam: none
        ("sulfa", "4603", ""),  # furosemide is no antimicrobial
        ("sulfamethoxazole", "4603", ""),
        ("lisinopril", "3827", "high"),  # enalapril
        ("lisinopril", "52175", "low"),  # losartan
        ("heparin", "78484", "low"),  # danaparoid: a tie of its own
        ("danaparoid", "67108", "low"),
        ("sulfa", "6572", "low"),  # mafenide: a tie of its own
        ("sulfamethoxazole", "6572", "low"),
        ("mafenide", "10180", "low"),
        ("heparin", "67108", "high"),
        ("azithromycin", "21212", "low"),  # clarithromycin, by the label
        ("beta-lactam", "29561", "high"),
        ("peanut", AMOXICILLIN, ""),
        ("NKDA", AMOXICILLIN, ""),
    ],
)
def test_how_far_an_allergy_reaches(allergen: str, order: str, expected: str) -> None:
    """An allergy reaches other drugs exactly as far as the cited tables say."""
    assert strength(allergy(allergen), order) == expected


@pytest.mark.parametrize(
    ("allergen", "order", "kind", "one_of"),
    [
        ("penicillin", "308182", "same-class", "a penicillin"),
        ("penicillin G", "308182", "same-class", "a penicillin"),
        ("penicillin", "2231", "cross-reactive", "a cephalosporin"),
        ("cephalosporins", AMOXICILLIN, "cross-reactive", "a penicillin"),
        ("ibuprofen", "140587", "cross-reactive", "a selective COX-2 inhibitor"),
        ("celecoxib", "5640", "cross-reactive", "an NSAID"),
        ("amoxicillin", "2231", "cross-reactive", ""),
    ],
)
def test_a_tie_of_classes_names_the_class_of_the_order(
    allergen: str, order: str, kind: str, one_of: str
) -> None:
    """In either direction, the card can say what the ordered drug is one of."""
    found = KNOW.conflict(drug(order), allergy(allergen))
    assert found is not None
    assert (found.kind, found.one_of) == (kind, one_of)


def test_a_tie_by_reaction_is_the_only_one_that_falls_away() -> None:
    """Without crossing, an NSAID says nothing of the next one, and as much as ever of itself."""
    naproxen, ibuprofen, celecoxib = drug("7258"), allergy("ibuprofen"), allergy("celecoxib")
    tied = KNOW.conflict(naproxen, ibuprofen)
    assert tied is not None
    assert (tied.strength, tied.by_reaction) == ("moderate", True)
    assert KNOW.conflict(naproxen, ibuprofen, crosses=False) is None
    itself = KNOW.conflict(naproxen, allergy("naproxen"), crosses=False)
    assert itself is not None
    assert (itself.kind, itself.by_reaction) == ("same-ingredient", False)
    weaker = KNOW.conflict(naproxen, celecoxib, crosses=False)
    assert weaker is not None
    assert (weaker.strength, weaker.by_reaction) == ("low", False)


def test_two_of_one_part_of_a_class_are_tied_as_its_members() -> None:
    """Only where one of two NSAIDs is a coxib, and not the other, are they apart."""
    found = {
        name: strength(allergy(name), "278567")  # valdecoxib
        for name in ("celecoxib", "ibuprofen")
    }
    assert found == {"celecoxib": "moderate", "ibuprofen": "low"}


def test_what_a_product_holds_besides_is_a_conflict_of_its_form() -> None:
    """Peanut oil is in the capsule of progesterone and not told of the drug's name alone."""
    peanut = allergy("peanut")
    found = KNOW.conflict(drug("260243"), peanut)
    assert found is not None
    assert (found.kind, found.strength, found.contains) == (
        "inactive-ingredient",
        "high",
        "peanut oil",
    )
    assert (found.ingredient, found.ingredient_name, found.one_of) == ("8727", "progesterone", "")
    assert found.basis == "contains peanut oil, contraindicated by its label"
    assert (found.by_reaction, found.only_severe) == (False, False)
    assert KNOW.conflict(drug("260243"), peanut, crosses=False) == found
    by_name = KNOW.drug(Concept(text="progesterone"))
    assert by_name is not None
    assert KNOW.conflict(by_name, peanut) is None


def test_class_membership_names_its_sources() -> None:
    """The reference says, for each code of evidence, what a reader knows it by."""
    found = KNOW.conflict(drug("7258"), allergy("nsaid"))
    assert found is not None
    assert found.reference == (
        "Class membership: ANSM thesaurus, ATC, project list, MED-RT, ATC index"
    )


def test_strongest_conflict_is_the_one_told() -> None:
    """An allergy to ingredient and class together is reported as the same ingredient."""
    both = KNOW.allergen(Concept((Coding(RXNORM, AMOXICILLIN), Coding(SNOMED, "91936005"))))
    found = KNOW.conflict(drug(AMOXICILLIN), both)
    assert found is not None
    assert found.kind == "same-ingredient"


def test_alternatives_need_an_indication() -> None:
    """Without a reason on the order nothing is offered."""
    assert KNOW.alternatives(drug("308182"), ()) == ()
    assert KNOW.alternatives(drug("308182"), [Concept(text="sore throat")]) == ()


def test_alternatives_for_streptococcal_pharyngitis() -> None:
    """For streptococcal pharyngitis each alternative to amoxicillin names its source."""
    found = KNOW.alternatives(drug("308182"), [Concept((Coding(ICD10CM, "J02.0"),))])
    assert [a.name for a in found] == ["cephalexin", "cefadroxil", "clindamycin", "azithromycin"]
    assert all(a.source_label and a.source_url.startswith("https://") for a in found)
    assert [a.not_if_severe for a in found] == [True, True, False, False]
    assert "macrolides" in found[3].caveat


def test_alternatives_to_one_drug() -> None:
    """A text may offer them for one drug, not for its class."""
    reason = Concept((Coding(ICD10CM, "A04.72"),))
    found = KNOW.alternatives(drug("6922"), [reason])
    assert [each.name for each in found] == ["fidaxomicin", "vancomycin 125 MG Oral Capsule"]


def test_no_alternatives_to_another_class() -> None:
    """Alternatives to penicillins are not offered for a drug that is none."""
    assert KNOW.alternatives(drug(CEPHALEXIN), [Concept((Coding(ICD10CM, "J02.0"),))]) == ()


def test_names() -> None:
    """Ingredients and products have names, and an unknown code is its own name."""
    assert KNOW.name(AMOXICILLIN) == "amoxicillin"
    assert KNOW.name("308182") == "amoxicillin 250 MG Oral Capsule"
    assert KNOW.name("0") == "0"
    assert KNOW.product("0") is None
    assert KNOW.product("308182") == ("amoxicillin 250 MG Oral Capsule", (AMOXICILLIN,))


def test_search_finds_by_word_beginnings() -> None:
    """A few letters of each word find a product; nothing typed finds nothing."""
    found = KNOW.search("amox clav tab", 5)
    assert len(found) == 5
    assert all("clav" in name.lower() for _, name in found)
    assert KNOW.search("", 5) == []


def test_shipped_is_loaded_once() -> None:
    """Everyone shares one copy of the tables."""
    assert Knowledge.shipped() is KNOW


def test_classes_of_drugs() -> None:
    """A drug is in a class by any of its ingredients, and a class has members and a name."""
    drug = KNOW.drug(Concept(text="lisinopril 10 mg tablet"))
    assert drug is not None
    assert KNOW.in_class(drug, "ace_inhibitors")
    assert not KNOW.in_class(drug, "biguanides")
    assert "ace_inhibitors" in KNOW.classes(drug)
    assert set(drug.ingredients) <= KNOW.members("ace_inhibitors")
    assert KNOW.class_name("ace_inhibitors") == "Angiotensin converting enzyme inhibitors"
    assert KNOW.class_name("of_no_such_name") == "of_no_such_name"


def test_a_class_that_is_none_is_told() -> None:
    """A typing error in a rule is answered with what was probably meant."""
    with pytest.raises(RuleError, match="no drug class 'biguanide'; there is biguanides"):
        KNOW.members("biguanide")


def test_three_classes_at_most_are_proposed() -> None:
    """Of many that are spelt alike the three nearest are named; where none is, all there are."""
    with pytest.raises(RuleError) as near:
        KNOW.members("ace_inhibitor")
    assert str(near.value).endswith("; there is ace_inhibitors, pde5_inhibitors, dpp4_inhibitors")
    with pytest.raises(RuleError) as none:
        KNOW.members("?")
    assert str(none.value).count(", ") > 50
