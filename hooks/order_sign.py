"""`order-sign`: the clinician is about to sign one or more orders.

Hook page: https://cds-hooks.hl7.org/hooks/order-sign.html (hookVersion 1.1.0).
"""

from hooks.orders import OrderContext

HOOK = "order-sign"
HOOK_VERSION = "1.1.0"


class OrderSign(OrderContext, frozen=True, kw_only=True):
    """All of `draftOrders` is about to be signed."""


CONTEXT = OrderSign
