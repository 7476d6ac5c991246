"""Who may read a page: whoever may read its space, and passes every restriction on it and on all that it lies below.

https://confluence.atlassian.com/doc/page-restrictions-139414.html: each restricted level narrows the ones above it.
Documents carry users and groups as they are; who is in a group is for whoever asks to know. Two levels that name
different groups therefore have nobody in common, unless the source's settings map them to common readers. Only of
single users that a level names it is asked which groups they are in, so that a page that is restricted to some people
of a space's group stays readable for them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.readers import Mapped, Readers
from connectors.websites.recent import Recent
from connectors.wiki.checked import needed
from connectors.wiki.model import ANYONE, GROUP, USER, Page, Reader, Space, Wiki
from headwater.errors import CredentialError, GoneError, HeadwaterError
from headwater.model import PUBLIC, Access, principal

_SHOWN = 5
_EVERY_SPACE = "*"

_people: Recent[Reader] = Recent(50_000)
_memberships: Recent[frozenset[str]] = Recent(20_000)


@dataclass(frozen=True, slots=True)
class Tables:
    """The source's settings: names of the service and the readers that they stand for; `spaces` by key."""

    groups: Readers = field(default_factory=Readers)
    users: Readers = field(default_factory=Readers)
    spaces: Readers = field(default_factory=Readers)


@dataclass(frozen=True, slots=True)
class Level:
    """One place that lets only these read."""

    where: str
    readers: tuple[Reader, ...]


@dataclass(frozen=True, slots=True)
class _Allowed:
    """`users` are the principals of the single users, and who they are at the service."""

    level: Level
    principals: frozenset[str]
    users: dict[str, Reader]


class AccessOf:
    """Answers for the pages of one listing, or of one page: whatever several of them share is asked for once.

    `readers` holds what is already known of pages' own restrictions, by id.
    """

    def __init__(self, wiki: Wiki, tables: Tables, readers: dict[str, tuple[Reader, ...]] | None = None) -> None:
        self._wiki, self._tables = wiki, tables
        self._levels: dict[str, tuple[Reader, ...] | HeadwaterError] = dict(readers or {})
        self._found: dict[tuple[object, ...], Mapped] = {}

    def of(self, page: Page) -> Mapped:
        """RetriableError while any of it cannot be told: it may be what keeps readers out."""
        spaces = self._tables.spaces.of(page.space.key, _EVERY_SPACE)
        levels = [] if spaces is not None else [Level(f"space {page.space.key}", self._of_space(page.space))]
        for above in page.ancestors:
            if readers := self._of_content(above.id, f"{above.kind} {above.title!r}"):
                levels.append(Level(f"{above.kind} {above.title!r}", readers))
        if page.readers:
            levels.append(Level("this page", page.readers))
        key = (spaces, *levels)
        if key not in self._found:
            self._found[key] = self._narrowed(levels, spaces)
        return self._found[key]

    def _of_content(self, id: str, what: str) -> tuple[Reader, ...]:
        return self._once(id, f"the restrictions of {what}", lambda: self._wiki.restrictions(id))

    def _of_space(self, space: Space) -> tuple[Reader, ...]:
        return self._once(f"space {space.id}", f"who may read space {space.key}", lambda: self._space_readers(space))

    def _space_readers(self, space: Space) -> tuple[Reader, ...]:
        try:
            return self._wiki.space_readers(space)
        except GoneError:
            # An API that does not tell: nobody, until the settings do.
            return ()
        except CredentialError as error:
            raise CredentialError(
                f"who may read space {space.key} is not told: {error}",
                advice=f"{error.advice} It has to be of an account that administers the space; or name the readers "
                "yourself under space_readers.",
            ) from error

    def _once(self, key: str, what: str, ask: Callable[[], tuple[Reader, ...]]) -> tuple[Reader, ...]:
        if key not in self._levels:
            try:
                if key.startswith("space "):
                    self._levels[key] = ask()
                else:
                    with needed(what):
                        self._levels[key] = ask()
            except HeadwaterError as error:
                self._levels[key] = error
        found = self._levels[key]
        if isinstance(found, HeadwaterError):
            raise found
        return found

    def _narrowed(self, levels: Sequence[Level], stated: Iterable[str] | None) -> Mapped:
        unmapped: list[str] = []
        named = [_Allowed(Level("space_readers", ()), frozenset(stated), {})] if stated is not None else []
        for level in levels:
            if not any(reader.kind == ANYONE for reader in level.readers):
                named.append(self._allowed(level, unmapped))
        access = PUBLIC
        for allowed in named:
            access = access.narrowed_to(Access(allowed.principals))
        members = {user for allowed in named for user in allowed.users if user not in access.allow}
        through = {user for user in members if all(self._passes(user, named, at) for at in named)}
        access = Access(access.allow | through) if through else access
        if not access.allow and not unmapped:
            places = " and ".join(allowed.level.where for allowed in named)
            unmapped.append(f"{places} have no readers in common that are known here, so nobody may read this")
        return Mapped(access, tuple(dict.fromkeys(unmapped)))

    def _allowed(self, level: Level, unmapped: list[str]) -> _Allowed:
        principals: set[str] = set()
        users: dict[str, Reader] = {}
        unknown: list[Reader] = []
        for reader in level.readers:
            found = self._principals(reader)
            if found is None:
                unknown.append(self.known(reader))
                continue
            principals.update(found)
            if reader.kind == USER:
                users.update(dict.fromkeys((one for one in found if one.startswith("user:")), reader))
        unmapped.extend(_said(level, unknown))
        if not level.readers:
            unmapped.append(
                f"who may read {level.where} is not told by the service, so nobody may; name them under space_readers"
            )
        return _Allowed(level, frozenset(principals), users)

    def _principals(self, reader: Reader) -> tuple[str, ...] | None:
        table = self._tables.groups if reader.kind == GROUP else self._tables.users
        found = table.of(*reader.ids)
        if found is not None:
            return found
        known = self.known(reader)
        found = table.of(*known.ids)
        if found is not None or reader.kind == GROUP:
            return found
        try:
            return (principal(f"user:{known.email}"),) if known.email else None
        except ValueError:
            return None

    def _passes(self, user: str, named: Sequence[_Allowed], at: _Allowed) -> bool:
        """Whether the level lets this user in, by name or by a group that the service has the user in."""
        if user in at.principals:
            return True
        who = next(allowed.users[user] for allowed in named if user in allowed.users)
        groups = [reader for reader in at.level.readers if reader.kind == GROUP]
        return bool(who.ids) and any(self._groups_of(who) & set(group.ids) for group in groups)

    def known(self, reader: Reader) -> Reader:
        """With the name that the service shows, asked for once in a quarter of an hour."""
        key = (self._wiki, reader)
        found = _people.get(key)
        if found is None:
            found = self._wiki.known(reader)
            _people.put(key, found)
        return found

    def _groups_of(self, user: Reader) -> frozenset[str]:
        key = (self._wiki, user.ids)
        found = _memberships.get(key)
        if found is None:
            found = self._wiki.groups_of(user)
            _memberships.put(key, found)
        return found


def forget() -> None:
    """Ask again for people and their groups."""
    _people.clear()
    _memberships.clear()


def name_of(wiki: Wiki, reader: Reader) -> str:
    """What people call a user; "" where the service does not say."""
    return AccessOf(wiki, Tables()).known(reader).name


def _said(level: Level, unknown: Sequence[Reader]) -> Iterator[str]:
    for reader in unknown:
        if reader.kind == GROUP:
            yield f"group {reader.shown[:200]} stands for no reader, so it lets nobody in; name it under groups"
    users = [reader for reader in unknown if reader.kind == USER]
    if users:
        names = ", ".join(reader.shown[:60] for reader in users[:_SHOWN]) + (", ..." if len(users) > _SHOWN else "")
        yield (
            f"{level.where}: the service shows no e-mail address of {len(users)} user(s), which lets none of them in: "
            f"{names}; name them under users"
        )
