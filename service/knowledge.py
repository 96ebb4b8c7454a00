"""The drug knowledge in use: what ships, with a file of imported releases in front if set."""

from pathlib import Path

from hooks.errors import ConfigurationError, KnowledgeError
from rules._knowledge import Knowledge
from rules._knowledge.imports import imported


class KnowledgeInUse:
    """Reads the file of imported releases, and again when an import has put another in its place.

    The one before stays open for calls under way, and goes with the last of them.
    """

    def __init__(self, path: Path | None) -> None:
        """Remember where it is; None when only what ships is used."""
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._knowledge: Knowledge | None = None

    def read(self) -> Knowledge:
        """The knowledge as it is now.

        Raises:
            ConfigurationError: the file is not there, or none of ours.
        """
        if self._path is None:
            return Knowledge.shipped()
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._knowledge is None or seen != self._seen:
                self._knowledge, self._seen = imported(self._path), seen
        except OSError as error:
            raise ConfigurationError(
                f"CARDWISE_KNOWLEDGE: {self._path} cannot be read ({error.strerror}); make it with "
                "`cardwise knowledge import`, or unset it"
            ) from None
        except KnowledgeError as error:
            raise ConfigurationError(f"CARDWISE_KNOWLEDGE: {error}") from None
        return self._knowledge
