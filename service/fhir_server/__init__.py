"""A small real FHIR R4 server, in memory: the other side of the wire in tests, cases and the demo.

It knows nothing of Cardwise, so that what passes against it says something about other servers.
"""

from service.fhir_server.app import FhirServer

__all__ = ["FhirServer"]
