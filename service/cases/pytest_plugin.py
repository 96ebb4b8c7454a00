"""`pytest` in a directory of rules: each variant of each case is a test.

Found by pytest through its entry point where Cardwise is installed; elsewhere by
`-p service.cases.pytest_plugin`. It looks at rule folders only, those with an `__init__.py` and a
folder `cases`, and loads nothing of the service before it has found one.
"""

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take rule folders: pytest would import them as packages of tests."""
    if not (path / "__init__.py").is_file() or not any(path.glob("cases/*.json")):
        return None
    from service.cases.pytest_items import RuleFolder  # noqa: PLC0415 - most runs need none of it

    folder: pytest.Collector = RuleFolder.from_parent(parent, path=path)
    return folder
