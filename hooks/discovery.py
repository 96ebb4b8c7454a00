"""What `GET /cds-services` says: the services on offer and the data they would like prefetched.

Standard: CDS Hooks 3.0.0-ballot, "Discovery".
"""

from typing import Final

from pydantic import BaseModel, ConfigDict

STANDARD_VERSION: Final = "3.0.0-ballot"


class ServiceDescription(BaseModel):
    """One service on one hook. Several may share an `id`, each with a hook of its own."""

    model_config = ConfigDict(frozen=True)

    hook: str
    title: str
    description: str
    id: str
    prefetch: dict[str, str] | None = None
    usageRequirements: str | None = None
    version: str = STANDARD_VERSION
    hookVersion: str


class Discovery(BaseModel):
    """The list of services."""

    model_config = ConfigDict(frozen=True)

    services: tuple[ServiceDescription, ...]

    def to_json(self) -> bytes:
        """The document as it is sent: absent members are left out."""
        return self.model_dump_json(exclude_none=True).encode()
