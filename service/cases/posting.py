"""A case as a request that can be sent by hand."""

import asyncio
import json
from typing import Any

from rules import _charts as shipped
from service import demo
from service.cases.ehr import context_of, request
from service.cases.harness import opened
from service.cases.selection import Selection
from service.cases.variants import Variant

Json = dict[str, Any]


def posting(selection: Selection, base: str, *, prefetched: bool) -> tuple[str, str]:
    """The path and the body of a case's request to the service at `base`."""
    return asyncio.run(_posting(selection, base, prefetched=prefetched))


async def _posting(selection: Selection, base: str, *, prefetched: bool) -> tuple[str, str]:
    [case] = selection.cases
    async with opened([selection.rule]) as harness:
        path = harness.path(case)
        if prefetched or case.chart.name not in shipped.names():
            body = await harness.request(case, Variant("prefetched", prefetched=True))
            for member in ("fhirServer", "fhirAuthorization"):
                body.pop(member, None)
        else:
            body = request(case, context_of(case, case.drafts()))
            body["fhirServer"] = f"{base}/demo/fhir"
            body["fhirAuthorization"]["access_token"] = demo.TOKEN
    return path, json.dumps(body, ensure_ascii=False)
