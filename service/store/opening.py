"""Opens the store as it is set."""

from service.settings import Settings
from service.store.keys import AuditKey, development_key
from service.store.store import Store
from service.telemetry.metrics import Metrics


def open_store(settings: Settings, metrics: Metrics) -> Store:
    """The store that the settings name.

    Raises:
        ConfigurationError: the database or the key cannot be used.
    """
    return Store(
        settings.database, key_of(settings), wait=settings.audit_wait, lost=metrics.audit_lost
    )


def key_of(settings: Settings) -> AuditKey:
    """The key that is set; without one, that of development, for production has refused to start.

    Raises:
        ConfigurationError: it cannot be read.
    """
    return (
        AuditKey(settings.audit_key) if settings.audit_key else development_key(settings.database)
    )
