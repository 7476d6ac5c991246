"""Which documents of which sources an announced change is about: how each connector forms its ids, seen from outside.

What a service tells of a place is right for every source that reads that place, so a repository's push reaches each
source of that branch, and an article each source of that help center. A source whose ids cannot be told from the
delivery is looked at as a whole, when the delivery was addressed to it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from urllib.parse import urlsplit

from connectors.globs import Selection
from headwater.ledger.waiting import WHOLE, Ask
from headwater.settings import SourceSettings
from headwater.webhooks.values import EVERYTHING, Look, Notice

Known = Callable[[str, str], Collection[str]]
"""(source, ending) -> ids of its live documents that end so."""

_SCP = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")
_TOLD = {"zendesk": ("article",), "confluence": ("page", "attachment")}


def announced(
    notice: Notice, addressed: SourceSettings, sources: Iterable[SourceSettings], known: Known
) -> tuple[Ask, ...]:
    """Each document once, or the `WHOLE` source, in every source that the looks of a notice are about.

    `addressed` is the source to whose address the notice came, authentic by its secret.
    """
    found: dict[tuple[str, str], Ask] = {}
    for source in {addressed.name: addressed, **{one.name: one for one in sources}}.values():
        for look in notice.looks:
            for id in _ids(look, source, addressed, known):
                before = found.get((source.name, id))
                access = look.access or (before is not None and before.access)
                found[source.name, id] = Ask(source=source.name, document=id, reason=look.reason, access=access)
    return tuple(found.values())


def _ids(look: Look, source: SourceSettings, addressed: SourceSettings, known: Known) -> Iterator[str]:
    here = source.name == addressed.name
    if look.what == "document":
        if here:
            yield look.id
    elif look.hint.repository:
        if _same_repository(look, source, here=here):
            yield from _of_repository(look, source)
    elif here or (source.kind == addressed.kind and _host(source) == _host(addressed) != ""):
        yield from _of_service(look, source, known)


# repositories ---------------------------------------------------------------------------------------------


def _same_repository(look: Look, source: SourceSettings, *, here: bool) -> bool:
    if source.kind not in ("git", "github-releases"):
        return here
    stated = _option(source, "url") or _option(source, "repository")
    if not stated:
        return here  # a repository on this machine: only whoever set up the webhook knows which one it is
    wanted = {repository_of(address) for address in look.hint.repository}
    host, path = repository_of(stated)
    if here or source.kind == "github-releases":
        # A mirror, or a host by another name: who addressed it to this source knows better.
        return path in {name for _, name in wanted}
    return (host, path) in wanted


def repository_of(address: str) -> tuple[str, str]:
    """(host, path) of a repository however it is written, in lower case; no host where none is written."""
    text = address.strip().lower()
    scp = _SCP.fullmatch(text) if "://" not in text else None
    if scp is not None:
        host, path = scp[1], scp[2]
    elif "://" in text:
        try:
            parts = urlsplit(text)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return "", text
    else:
        host, path = "", text
    return host, path.strip("/").removesuffix(".git")


def _of_repository(look: Look, source: SourceSettings) -> Iterator[str]:
    if source.kind == "git":
        yield from _of_branch(look, source)
    elif source.kind == "github-releases":
        yield from _of_releases(look, source)
    else:
        yield WHOLE


def _of_branch(look: Look, source: SourceSettings) -> Iterator[str]:
    if look.what == "release":
        return
    branch = _option(source, "branch") or look.hint.default_branch or look.hint.branch
    if look.hint.branch != branch:
        return
    if look.what == EVERYTHING:
        yield WHOLE
        return
    folder = _option(source, "folder").strip("/")
    if folder and not look.id.startswith(f"{folder}/"):
        return
    id = look.id[len(folder) + 1 :] if folder else look.id
    hidden = id.startswith(".") or "/." in id
    if not hidden and Selection(source.include, source.exclude).takes(id):
        yield id


def _of_releases(look: Look, source: SourceSettings) -> Iterator[str]:
    changelog = _option(source, "changelog").strip("/")
    if look.what == "release":
        yield f"releases/{look.id}"
    elif (
        look.hint.branch == (look.hint.default_branch or look.hint.branch)
        and changelog
        and (look.what == EVERYTHING or look.id == changelog)
    ):
        yield changelog


# help centers and wikis -----------------------------------------------------------------------------------


def _of_service(look: Look, source: SourceSettings, known: Known) -> Iterator[str]:
    if look.what == EVERYTHING or look.what not in _TOLD.get(source.kind, ()):
        yield WHOLE
    elif look.what == "article":
        yield from _of_article(look, source, known)
    elif look.what == "page":
        yield look.id
        if source.options.get("attachments"):
            yield WHOLE  # their readers are those of the page
    else:
        yield look.hint.parent
        if source.options.get("attachments"):
            yield f"{look.hint.parent}/{'att' if _on_cloud(source) else ''}{look.id}"


def _of_article(look: Look, source: SourceSettings, known: Known) -> Iterator[str]:
    stated = source.options.get("locales")
    locales = [str(one).lower() for one in stated] if isinstance(stated, list | tuple) else []
    ending = f"/{look.id}"
    ids = {*(f"{locale}{ending}" for locale in locales), *known(source.name, ending)}
    if look.hint.locale:
        ids &= {look.hint.locale + ending}
    if ids or (look.hint.locale and locales):
        yield from sorted(ids)
    elif not look.access:
        yield WHOLE  # new, and which locales are read is known to the help center alone


def _on_cloud(source: SourceSettings) -> bool:
    return _option(source, "deployment") == "cloud" or (
        not _option(source, "deployment") and _host(source).endswith(".atlassian.net")
    )


def _host(source: SourceSettings) -> str:
    try:
        return urlsplit(_option(source, "url").lower()).hostname or ""
    except ValueError:
        return ""


def _option(source: SourceSettings, name: str) -> str:
    value = source.options.get(name)
    return value if isinstance(value, str) else ""
