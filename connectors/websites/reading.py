"""One page of a source: asked for within the rules, and judged whether it is a document of its own."""

import re
from contextlib import suppress
from dataclasses import dataclass

from connectors.http.answer import NOT_MODIFIED, Answer
from connectors.http.reach import shown
from connectors.websites.addresses import Scope, address, front, key, path_of
from connectors.websites.page import Page, read_page
from connectors.websites.site import Site
from connectors.websites.versions import PageVersion
from headwater.errors import CredentialError, FetchError, GoneError, SkippableError

_LOGIN = re.compile(
    r"(?:.*/)?(?:(?:log|sign)[-_]?(?:in|on)|sso|saml2?|oauth2?|authenticate|authorize)(?:\.\w+)?/?", re.I
)
_ERROR_PAGE = re.compile(r"(?:.*/)?(?:404|410|(?:page[-_]?)?not[-_]?found)(?:\.\w+)?/?", re.I)


@dataclass(frozen=True, slots=True)
class Look:
    """What one request showed: the page, its version, and whether the redirects to it were permanent ones."""

    page: Page
    version: PageVersion
    permanent: bool = True

    @property
    def final(self) -> str:
        """Where the page answered."""
        return address(self.version.url)


@dataclass(frozen=True, slots=True)
class Reader:
    """`rules` is a digest of the settings that a document's version depends on."""

    site: Site
    scope: Scope
    starts: tuple[str, ...]
    rules: str

    def ask(self, where: str, known: PageVersion | None = None) -> Answer | None:
        """None when the page is still as known; the errors of `Http.get`, FetchError where robots.txt forbids it.

        401 and 403 are the source's trouble (CredentialError) only when its start page answers the same.
        """
        if not self.site.robots(where).allows(where):
            raise FetchError(
                f"{shown(where)} may not be read: robots.txt forbids it",
                advice="If the site is your own, set respect_robots = false for this source.",
            )
        try:
            return self._asked(where, known if known and known.rules == self.rules[:16] else None)
        except CredentialError as error:
            if where not in self.starts:
                with suppress(SkippableError):  # that the start page is gone says nothing of this one
                    self.site.get(self.starts[0])
                raise FetchError(str(error), advice=error.advice) from error
            raise

    def _asked(self, where: str, known: PageVersion | None) -> Answer | None:
        answer = self.site.get(where, known.conditions if known else None)
        if answer.status != NOT_MODIFIED:
            return answer
        # An address that leads elsewhere by now may be told that this other page is an old one.
        return None if known and known.url == answer.url else self.site.get(where)

    def look(self, answer: Answer, *, links: bool = False) -> Look:
        page = read_page(answer, links=links)
        return Look(page, PageVersion.of(answer, page.media_type, self.rules), answer.permanent)

    def home(self, look: Look) -> str:
        """The address that the page itself says is its own, as far as it can be believed."""
        stated = look.page.canonical
        if not stated or not self.scope.holds(stated):
            return look.final
        # Templates that name the front page as the address of every page are common.
        return look.final if self._is_front(stated) and not self._is_front(look.final) else stated

    def problem(self, where: str, look: Look) -> SkippableError | None:
        """Why what was found at `where` is no document: GoneError where this is certain and lasting."""
        page, final = look.page, look.final
        if key(final) != key(where) and (problem := self._redirected(where, look)):
            return problem
        if page.missing:
            return GoneError(f"{shown(where)} says of itself that it does not exist")
        if page.leads_to and key(page.leads_to) != key(final):
            return GoneError(f"{shown(where)} only leads to {shown(page.leads_to)}")
        if page.noindex:
            return GoneError(f"{shown(where)} asks not to be indexed")
        if not page.media_type:
            said = f"{shown(where)} is of a kind that is not read"
            return FetchError(f"{said}, which may pass") if page.doubtful else GoneError(said)
        return None

    def _redirected(self, where: str, look: Look) -> SkippableError | None:
        final = look.final
        path = path_of(final)
        if look.page.asks_password or _LOGIN.fullmatch(path):
            return FetchError(
                f"{shown(where)} leads to {shown(final)}, which asks to log in",
                advice="Give this source credentials: user and password, or headers.",
            )
        lost = not self.scope.holds(final) or self._is_front(final) or _ERROR_PAGE.fullmatch(path)
        if lost and not self._is_front(where):
            said = f"{shown(where)} leads to {shown(final)}, which is not the page"
            return GoneError(said) if look.permanent else FetchError(f"{said}; for now, the site says")
        if not self.site.robots(final).allows(final):
            return FetchError(f"{shown(where)} leads to {shown(final)}, and robots.txt forbids to read that")
        return None

    def _is_front(self, where: str) -> bool:
        return key(where) in {key(page) for start in self.starts for page in (start, front(start))}

    def stands(self, where: str) -> bool:
        """Whether there is a document at this address that says of itself that this is its address."""
        if not self.scope.holds(where) or not self.scope.takes(where):
            return False
        try:
            answer = self.ask(where)
        except SkippableError:
            return False
        if answer is None:
            return False
        look = self.look(answer)
        return key(self.home(look)) == key(where) and self.problem(where, look) is None
