"""One act at one desk: the EHR, the desk, and how it is set."""

from dataclasses import dataclass

import httpx

from service.demo import vendors
from service.demo.desk import Desk
from service.demo.ehr import Ehr
from service.demo.fhir import Fhir
from service.demo.front import PATHS
from service.demo.orders import Order, drafts_of, shown
from service.demo.switches import Switches
from service.demo.vendors import Vendor


@dataclass(frozen=True, slots=True)
class Visit:
    """What an act needs.

    Attributes:
        ehr: the demo EHR.
        desk: where it is done.
        switches: how the browser session is set.
        origin: the address that this process answers at.
    """

    ehr: Ehr
    desk: Desk
    switches: Switches
    origin: str

    @property
    def http(self) -> httpx.AsyncClient:
        """The way out."""
        return self.ehr.http

    @property
    def vendor(self) -> Vendor:
        """The vendor whose habits the EHR has."""
        return vendors.named(self.switches.vendor)

    @property
    def base(self) -> str:
        """The FHIR server as the service gets it, behaving as it is switched."""
        return self.origin + self.switches.path

    @property
    def chart(self) -> Fhir:
        """The EHR's own way to its chart, which always works."""
        return Fhir(self.http, self.origin + PATHS["working"], self.ehr.token)

    @property
    def writer(self) -> Fhir:
        """The way orders are written, behaving as it is switched."""
        return Fhir(self.http, self.base, self.ehr.token)

    async def orders(self) -> list[Order]:
        """Every medication order on the chart, as the server now has it."""
        query = f"MedicationRequest?patient={self.desk.patient}"
        return [shown(resource) for resource in await self.chart.search(query)]

    async def drafts(self) -> list[Order]:
        """The unsigned orders of this desk."""
        return drafts_of(await self.orders(), self.desk.session)
