"""`docs/record.md` says what is kept, and its commands can be followed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service.store.database import open_engine
from service.store.keys import AuditKey
from service.store.migrate import bring_up_to_date
from service.store.store import Store
from service.store.tables import CALLS, METADATA
from tests.conftest import NOW
from tests.service.store.cluster import Cluster
from tests.service.store.kept import noted, rows

TEXT = (Path(__file__).parents[3] / "docs" / "record.md").read_text()
FORBIDDEN = ("UPDATE calls SET seal = ''", "DROP TRIGGER calls_stay ON calls", "TRUNCATE calls")


def named(heading: str) -> set[str]:
    """The code in the first cells of the table that has this heading."""
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_table_and_column_is_documented() -> None:
    """The tables, and the columns of the audit trail, are those there are."""
    assert named("table") == set(METADATA.tables)
    assert named("column") == {column.name for column in CALLS.columns}


@pytest.fixture
def role(cluster: Cluster) -> Iterator[str]:
    """A role of the name that the page has."""
    cluster.run("CREATE ROLE cardwise_runs LOGIN")
    yield "cardwise_runs"
    cluster.run("DROP ROLE cardwise_runs")


async def test_a_role_that_owns_nothing_is_enough(cluster: Cluster, role: str) -> None:
    """With the grants of the page the service starts and stores; the role can change nothing."""
    url = cluster.database()
    blocks = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    grants = next(block for block in blocks if "GRANT" in block)
    bring_up_to_date(open_engine(url))
    with open_engine(url).begin() as connection:
        connection.execute(text(grants))
    less = url.replace("postgres@", f"{role}@")
    store = Store(less, AuditKey("k" * 32))
    await store.note(noted(NOW, 1), 1)
    assert await store.ready()
    await store.aclose()
    assert len(rows(url, CALLS)) == 1
    for statement in FORBIDDEN:
        with pytest.raises(ProgrammingError), open_engine(less).begin() as connection:
            connection.execute(text(statement))
    with open_engine(url).begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
