"""The folder of hooks is their registry."""

import hooks
from hooks.order_select import OrderSelect
from hooks.order_sign import OrderSign
from hooks.patient_view import PatientView


def test_every_hook_file_is_registered() -> None:
    """Each file that declares a hook gives the context type of that hook, and nothing else does."""
    assert hooks.contexts() == {
        "patient-view": PatientView,
        "order-select": OrderSelect,
        "order-sign": OrderSign,
    }


def test_versions_are_the_published_ones() -> None:
    """The version of each hook is that of its page at cds-hooks.hl7.org/hooks."""
    assert hooks.versions() == {
        "patient-view": "1.0",
        "order-select": "1.0.2",
        "order-sign": "1.1.0",
    }
