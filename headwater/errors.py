"""Every error Headwater raises, in one tree, sorted by what the caller does next.

    HeadwaterError
    |-- ConfigError                 stop; the person changes a setting (exit code 2)
    |-- FatalError                  stop this source; another attempt gives the same answer
    |   |-- CredentialError         401/403: names the setting to fix
    |   |-- IndexMismatchError      index and ledger do not belong together
    |   |-- FingerprintError        the index holds vectors of another model
    |   |-- StateError              the state folder cannot be read or written (full, read-only, newer)
    |   `-- LeaseLostError          another process took over; nothing of ours was committed
    |-- RetriableError              try again later, the same way
    |   |-- TransientSourceError    a source timed out or is overloaded
    |   |-- BusyError               another process holds what we need; names it
    |   `-- IndexUnavailableError   the index cannot be reached right now
    |-- RequestError                refuse what somebody sent us; nothing of it was taken
    |   |-- UnauthenticError        not proven to be from whom it should be
    |   |-- ForbiddenError          known, but not allowed to do this
    |   `-- MalformedError          not in the form that is documented
    `-- SkippableError              this document only; the run goes on
        |-- GoneError               the document no longer exists at its source
        |-- FetchError              this document could not be read
        `-- ParseError
            |-- UnsupportedError    no parser reads this kind of file
            |-- EncryptedError      needs a password
            |-- BrokenFileError     damaged, truncated, or not what its name says
            |-- TooLargeError       over a size limit, before or after unpacking
            |-- ParseTimeoutError   took longer than its time limit
            `-- ParseMemoryError    needed more than its memory limit, or killed its worker

Foreign exceptions are translated where the foreign library is called, and nowhere else.
"""


class HeadwaterError(Exception):
    """Base of all; `advice` is one sentence that says what to do next (may be empty)."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    @property
    def in_full(self) -> str:
        """What is wrong and what to do, for where there is room for one text."""
        return with_advice(str(self), self.advice)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), str(self), self.advice))


def with_advice(said: str, advice: str) -> str:
    """Two sentences, whether or not the first ends as one."""
    if not advice:
        return said
    return f"{said}{'' if said.endswith(('.', '!', '?')) else '.'} {advice}"


def _rebuild(kind: type[HeadwaterError], message: str, advice: str) -> HeadwaterError:
    return kind(message, advice=advice)


class ConfigError(HeadwaterError):
    """A setting is missing, unknown or wrong."""


class FatalError(HeadwaterError):
    """Another attempt would end the same way."""


class CredentialError(FatalError):
    """The source refused our credentials."""


class IndexMismatchError(FatalError):
    """Index and ledger carry different identities, or the ledger is older than the index."""


class FingerprintError(FatalError):
    """The index was built with another embedding configuration."""


class StateError(FatalError):
    """The state folder cannot be used as it is."""


class LeaseLostError(FatalError):
    """Another process took over our lease, so our publication was not committed."""


class RetriableError(HeadwaterError):
    """The same call may succeed later."""


class TransientSourceError(RetriableError):
    """A source timed out, is overloaded, or answered with a passing fault."""


class BusyError(RetriableError):
    """Another process holds what we need."""


class IndexUnavailableError(RetriableError):
    """The index cannot be reached right now."""


class LedgerUnavailableError(RetriableError):
    """The ledger's database cannot be reached right now, or the connection was lost half-way."""


class RequestError(HeadwaterError):
    """What somebody sent us is refused as a whole; its message is for our log, not for the sender."""


class UnauthenticError(RequestError):
    """No signature, a wrong one, one that is too old, or no key that is known."""


class ForbiddenError(RequestError):
    """A known key that may not do this."""


class MalformedError(RequestError):
    """Not in the form that is documented."""


class SkippableError(HeadwaterError):
    """Concerns one document; the run goes on."""


class GoneError(SkippableError):
    """The document no longer exists at its source."""


class FetchError(SkippableError):
    """One document could not be read from its source."""


class ParseError(SkippableError):
    """One document could not be turned into blocks."""


class UnsupportedError(ParseError):
    """No parser reads this kind of file."""


class EncryptedError(ParseError):
    """The file needs a password."""


class BrokenFileError(ParseError):
    """The file is damaged, truncated, or not what its name says."""


class TooLargeError(ParseError):
    """Over a size limit, before or after unpacking."""


class ParseTimeoutError(ParseError):
    """Parsing took longer than its time limit."""


class ParseMemoryError(ParseError):
    """Parsing needed more than its memory limit, or killed its worker."""
