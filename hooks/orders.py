"""What the order hooks share: a Bundle of unsigned orders, read whatever shape it came in."""

from typing import Any

import msgspec

from hooks.request import Context


class OrderContext(Context, frozen=True, kw_only=True):
    """A context with `draftOrders`, the Bundle of orders that are not signed yet."""

    draft_orders: dict[str, Any] = msgspec.field(name="draftOrders")

    def __post_init__(self) -> None:
        """Check that the Bundle is one.

        Raises:
            ValueError: `draftOrders` is another resource, or its `entry` is not a list.
        """
        super().__post_init__()
        kind = self.draft_orders.get("resourceType", "Bundle")
        if kind != "Bundle":
            raise ValueError("Expected `draftOrders` as a Bundle, got another resource type")
        if not isinstance(self.draft_orders.get("entry") or [], list):
            # msgspec reports a ValueError with its path; a TypeError would escape
            raise ValueError("Expected `draftOrders.entry` as an array")  # noqa: TRY004

    @property
    def draft_entries(self) -> list[tuple[str, dict[str, Any]]]:
        """The Bundle's entries in order; those without a resource are passed over."""
        entries = [e for e in self.draft_orders.get("entry") or [] if isinstance(e, dict)]
        return [
            (str(entry.get("fullUrl") or ""), entry["resource"])
            for entry in entries
            if isinstance(entry.get("resource"), dict)
        ]
