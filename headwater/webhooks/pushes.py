"""What a push to a repository names; GitHub and GitLab write it alike."""

from collections.abc import Iterable

from headwater.webhooks.payload import Object, objects, text, texts, whole_number
from headwater.webhooks.values import EVERYTHING, MOST_NAMED, Hint, Look

MOST_COMMITS = 20
"""Some services list no more commits of a push than this, and do not say so."""
_BRANCH = "refs/heads/"
# They say of other files who may read them, or whose they are.
_RULES = (".headwater.toml", "CODEOWNERS")


def branch_of(ref: str) -> str:
    """The name of a branch; "" for a tag."""
    return ref.removeprefix(_BRANCH) if ref.startswith(_BRANCH) else ""


def looks_of(push: Object, hint: Hint, *, doubt: str) -> tuple[Look, ...]:
    """A look at each path that a commit names, and at everything where there may be more, or `doubt` says so.

    A path that was removed counts as a change of access: it is not to be found any longer. What changes the rules for
    other files changes their access too.
    """
    commits = objects(push, "commits")
    removed: dict[str, bool] = {}
    for commit in commits:
        for name in ("added", "modified", "removed"):
            for path in texts(commit, name):
                removed[path] = removed.get(path, False) or name == "removed"
    reason = f"a push to {hint.branch}"
    if len(removed) > MOST_NAMED:
        return (_everything(f"{reason} that names {len(removed):,} files", hint, access=any(removed.values())),)
    named = [
        Look(what="path", id=path, reason=reason, access=gone, hint=hint) for path, gone in removed.items() if path
    ]
    if ruling := _ruling(removed):
        return (*named, _everything(f"{reason} that changed {ruling}", hint, access=True))
    more = doubt or _unlisted(push, commits)
    return (*named, _everything(f"{reason}: {more}", hint, access=False)) if more else tuple(named)


def _everything(reason: str, hint: Hint, *, access: bool) -> Look:
    return Look(what=EVERYTHING, reason=reason, access=access, hint=hint)


def _unlisted(push: Object, commits: list[Object]) -> str:
    total = whole_number(push, "total_commits_count")
    if total > len(commits) or len(commits) >= MOST_COMMITS:
        return "it may have more commits than were listed"
    if not commits:
        return "no commit was listed"
    return ""


def _ruling(paths: Iterable[str]) -> str:
    return next((path for path in paths if path.rpartition("/")[2] in _RULES), "")


def addresses(repository: Object, names: Iterable[str]) -> tuple[str, ...]:
    """Those that are there, in the order of `names`."""
    return tuple(dict.fromkeys(found for name in names if (found := text(repository, name))))
