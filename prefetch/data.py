"""The data under one prefetch key, with its state: decoded when first read, not before."""

from collections.abc import Iterator, Sequence

import msgspec

from hooks.errors import NotObtained
from prefetch.lazy import lazy
from prefetch.needs import Need
from prefetch.paging import next_link
from prefetch.plain import Plain, PlainList, read_plain
from prefetch.reading import Reading, read
from prefetch.references import Resource
from prefetch.states import Reason, State


class Data:
    """What is known under one key.

    Iterating data of which nothing was obtained raises `NotObtained`: a rule can't take
    "we could not look" for "there is none". A list that is not whole gives what there is, and
    `complete` is False; the evaluator says so on a card.
    """

    def __init__(
        self,
        need: Need,
        patient_id: str,
        pages: Sequence[bytes | msgspec.Raw] = (),
        *,
        fetched: bool = False,
        reason: Reason | None = None,
    ) -> None:
        """Wrap what came.

        Args:
            need: the query this answers.
            patient_id: the context's patient; resources about others are left out.
            pages: the JSON that came, undecoded; none when nothing came.
            fetched: read by us, rather than prefetched.
            reason: why nothing came, or why more did not.
        """
        self.need = need
        self._patient_id = patient_id
        self._pages = pages
        self._fetched = fetched
        self._reason = reason

    @lazy
    def _plain(self) -> PlainList | None:
        """The list, where all of it came just as FHIR has it."""
        return read_plain(self._pages, self.need.resource, self._patient_id)

    @lazy
    def _reading(self) -> Reading:
        return read(self._pages, self.need.resource, self._patient_id)

    @property
    def reason(self) -> Reason | None:
        """Why the data is missing or not whole; None when it is whole."""
        if self._reason or self._plain is not None:
            return self._reason
        return self._reading.reason or (None if self._pages else Reason.MALFORMED)

    @property
    def complete(self) -> bool:
        """Whether this is all there is."""
        return self.reason is None

    @property
    def obtained(self) -> bool:
        """Whether there is anything to go by: the whole list, or a part of it."""
        return self.complete or self._holds_any

    @property
    def next_link(self) -> str:
        """Where a list that was given says that there is more of it; "" when it does not."""
        if self._plain is not None:
            return self._plain.next_link
        return next_link(self._pages[-1]) if self._pages else ""

    @property
    def state(self) -> State:
        """How the key ended; a list that is not whole counts as not obtained."""
        if not self.complete:
            return State.NOT_OBTAINED
        if not self._holds_any:
            return State.KNOWN_EMPTY
        return State.FETCHED if self._fetched else State.GIVEN

    @property
    def _holds_any(self) -> bool:
        return self._plain is not None or bool(self._reading.resources)

    def __iter__(self) -> Iterator[Resource]:
        """The resources.

        Raises:
            NotObtained: nothing was obtained, so nothing can be said, not even "none".
        """
        self._require()
        return iter(self._reading.resources)

    @property
    def typed(self) -> Sequence[Plain | Resource]:
        """The resources, those of a list that is just as FHIR has it already typed.

        Raises:
            NotObtained: as above.
        """
        self._require()
        return self._reading.resources if self._plain is None else self._plain.resources

    def _require(self) -> None:
        if not self.obtained:
            raise NotObtained(self.need.key, self.reason or Reason.MALFORMED)

    @property
    def included(self) -> list[Resource]:
        """Resources of other types that came in the same answer."""
        return [] if self._plain is not None else self._reading.included
