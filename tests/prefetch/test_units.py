"""Units: what UCUM's own definitions settle, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.units import factor, is_unit
from tests.strategies import odd_text, quick

SEEN = ["mg/dL", "g/L", "mmol/L", "umol/L", "10*3/uL", "U/L", "%", "mm[Hg]", "kg/m2", "/min"]
SEEN += ["mL/min/{1.73_m2}", "m[IU]/L", "Cel", "{score}", "fL", "pg", "meq/L", "mg/g", "d/wk"]


@pytest.mark.parametrize(
    ("sent", "wanted", "times"),
    [
        ("mg/dL", "g/L", 0.01),
        ("mmol/L", "umol/L", 1000),
        ("10*3/uL", "10*9/L", 1),
        ("U/L", "U/mL", 0.001),
        ("m[IU]/L", "u[IU]/mL", 1),
        ("%", "1", 0.01),
        ("kg/m2", "g/cm2", 0.1),
        ("mL/min", "mL/min/{1.73_m2}", 1),
        ("mL/min/{1.73_m2}", "mL/min", 1),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}", 1),
        ("mL/min/1.73 m\u00b2", "mL/min/{1.73_m2}", 1),
        ("\u00b5mol/L", "umol/L", 1),
        ("mcmol/L", "umol/L", 1),
        ("mcg/mL", "mg/L", 1),
        ("mmHg", "mm[Hg]", 1),
        ("IU/L", "[iU]/L", 1),
        ("{score}", "1", 1),
    ],
)
def test_what_is_known(sent: str, wanted: str, times: float) -> None:
    """Prefixes, powers and the spellings that are often seen are understood."""
    assert factor(sent, wanted) == pytest.approx(times, rel=1e-12)


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        ("", "mg/dL"),
        ("mg/dL", "mmol/L"),
        ("meq/L", "mmol/L"),
        ("mL/min", "mL"),
        ("U/L", "[iU]/L"),
        ("K/mm3", "10*3/uL"),
        ("mg/", "mg"),
        ("258806002", "ng/mL"),
        ("mg/dL", "spoons"),
        ("Cel", "[degF]"),
        ("10*99.10*99", "1"),
        ("1", "10*-99.10*-99"),
        ("g" + "." * 60, "g"),
    ],
)
def test_what_is_not_known(sent: str, wanted: str) -> None:
    """No unit, another kind of quantity, or a spelling nobody explained gives no factor."""
    assert factor(sent, wanted) is None


def test_the_substance_ties_mass_to_moles_and_charge() -> None:
    """With the molar mass, or the valence, the caller says what UCUM cannot."""
    assert factor("mg/dL", "umol/L", 113.12) == pytest.approx(88.4017, rel=1e-6)
    assert factor("umol/L", "mg/dL", 113.12) == pytest.approx(1 / 88.4017, rel=1e-6)
    assert factor("meq/L", "mmol/L", None, 1) == pytest.approx(1)
    assert factor("mEq/L", "mmol/L", None, 2) == pytest.approx(0.5)


@given(st.sampled_from(SEEN), st.sampled_from(SEEN))
@quick
def test_there_and_back_again(one: str, other: str) -> None:
    """What is converted can be converted back, and each unit is one of itself."""
    assert factor(one, one) == 1
    there, back = factor(one, other), factor(other, one)
    assert (there is None) == (back is None)
    if there and back:
        assert there * back == pytest.approx(1)


@given(odd_text() | st.text("mgdLul/.[]{}10*^2 ", max_size=12))
@quick
def test_any_text_can_be_asked(text: str) -> None:
    """Whatever stands in place of a unit, nothing breaks."""
    assert (factor(text, text) == 1) is is_unit(text)
