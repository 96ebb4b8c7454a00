"""What the order hooks share: a Bundle of unsigned orders, read whatever shape it came in."""

from functools import cached_property
from typing import Any, Self

import msgspec

from hooks.request import Context, DraftEntry


class OrderContext(Context, frozen=True, kw_only=True):
    """A context with `draftOrders`, the Bundle of orders that are not signed yet."""

    draft_orders: dict[str, Any] = msgspec.field(name="draftOrders")

    def __post_init__(self) -> None:
        """Check that the Bundle is one.

        Raises:
            ValueError: `draftOrders` is another resource, its `entry` holds no entries, or a
                resource does not say what it is.
        """
        super().__post_init__()
        kind = self.draft_orders.get("resourceType", "Bundle")
        if kind != "Bundle":
            raise ValueError("Expected `draftOrders` as a Bundle, got another resource type")
        if not isinstance(self.draft_orders.get("entry") or [], list | dict):
            # msgspec reports a ValueError with its path; a TypeError would escape
            raise ValueError("Expected `draftOrders.entry` as an array")  # noqa: TRY004
        for entry in self.draft_entries:
            if not isinstance(entry.resource.get("resourceType"), str):
                place = f"draftOrders.entry[{entry.place}].resource"
                raise ValueError(f"Expected a resourceType in `{place}`")  # noqa: TRY004

    @cached_property
    def draft_entries(self) -> list[DraftEntry]:
        """The Bundle's entries in order; those without a resource are passed over."""
        entries = self.draft_orders.get("entry") or []
        return [
            DraftEntry(index, str(entry.get("fullUrl") or ""), entry["resource"])
            for index, entry in enumerate(entries if isinstance(entries, list) else [entries])
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
        ]

    def trying(self, removed: str, tried: dict[str, Any]) -> Self:
        """The same context with an order in place of the draft `Type/id`.

        Where no draft goes by that name, as when it has no id, the order is there besides.
        """
        kept = [
            {"fullUrl": entry.full_url, "resource": entry.resource}
            for entry in self.draft_entries
            if f"{entry.resource['resourceType']}/{entry.resource.get('id')}" != removed
        ]
        bundle = {"resourceType": "Bundle", "entry": [{"resource": tried}, *kept]}
        return msgspec.structs.replace(self, draft_orders=bundle)
