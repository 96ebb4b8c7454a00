"""What is made of an item of the chart is made once."""

from prefetch.allergy import Allergy
from rules._knowledge import Knowledge
from rules._remember import remembered
from tests.ehr import allergy

KNOW = Knowledge.shipped()
ASKED: list[tuple[str, Knowledge]] = []


@remembered
def read(item: Allergy, know: Knowledge, /) -> str:
    """Note that an item was asked of; the name is also that of what an item holds itself."""
    ASKED.append((item.id, know))
    return f"read {item.id}"


def test_each_item_is_asked_once_of_the_same_knowledge() -> None:
    """Another item, and other knowledge, are asked anew; the item stays what it is."""
    ASKED.clear()
    item, other, changed = Allergy(allergy()), Allergy(allergy(id="a2")), KNOW.with_urgency({})
    assert [read(item, KNOW), read(item, KNOW), read(other, KNOW)] == [
        *("read a1", "read a1"),
        "read a2",
    ]
    assert read(item, changed) == "read a1"
    assert [("a1", KNOW), ("a2", KNOW), ("a1", changed)] == ASKED
    assert item.clinical_status == "active"
