"""Charts of our own making, shared by the rules' cases and the demo EHR.

Each file beside this one is a FHIR Bundle of one patient, named after what it shows; the patient's
id is the file's name. Nobody in them exists.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

_FOLDER: Final = Path(__file__).parent


def names() -> list[str]:
    """The charts there are."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    """One chart, as a FHIR Bundle of type collection.

    Raises:
        FileNotFoundError: there is no chart of that name.
    """
    bundle: dict[str, Any] = msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes())
    return bundle
