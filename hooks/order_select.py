"""`order-select`: the clinician has picked one or more orders, and has not signed them.

Hook page: https://cds-hooks.hl7.org/hooks/order-select.html (hookVersion 1.0.2).
"""

from typing import Any, Self

import msgspec

from hooks.orders import OrderContext

HOOK = "order-select"
HOOK_VERSION = "1.0.2"


class OrderSelect(OrderContext, frozen=True, kw_only=True):
    """`selections` names the orders just picked; `draftOrders` also holds older unsigned ones."""

    selections: list[Any] | str

    @property
    def selected(self) -> frozenset[str] | None:
        """References (`MedicationRequest/103`) of the picked orders; bare ids as they came."""
        sent = [self.selections] if isinstance(self.selections, str) else self.selections
        return frozenset(s.strip() for s in sent if isinstance(s, str))

    def trying(self, removed: str, tried: dict[str, Any]) -> Self:
        """The same context with an order in place of the draft `Type/id`, and it alone picked."""
        name = f"{tried['resourceType']}/{tried['id']}"
        return msgspec.structs.replace(super().trying(removed, tried), selections=[name])


CONTEXT = OrderSelect
