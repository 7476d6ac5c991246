"""What was promised of documents: how late a change may be searchable, and how old content may grow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

import pathspec

from headwater.model import HELP, SOP
from headwater.settings.durations import Duration

EVERY_KIND = "*"
NOTHING = Duration(0, 0, 0, "none")
"""Written where a promise is taken back that would hold otherwise."""
_DAY = Duration(0, 0, 24 * 3600, "24h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What holds for one document, None for what does not.

    `max_lag`: from a change at the source until it is searchable. `max_age`: content older than this needs a review.
    `review`: how long a review holds, of documents that do not say it themselves. `verify_every`: how long ago the
    source may have confirmed the document at most.
    """

    max_lag: Duration | None = None
    max_age: Duration | None = None
    review: Duration | None = None
    verify_every: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRule:
    """One `[[source.promise]]`: for documents under `path` (a gitignore pattern; "" for all) of `kind` ("" for all)."""

    path: str = ""
    kind: str = ""
    max_lag: Duration | None = None
    max_age: Duration | None = None
    review: Duration | None = None
    verify_every: Duration | None = None

    def covers(self, document: str, kind: str) -> bool:
        if self.kind and self.kind != kind:
            return False
        return not self.path or _pattern(self.path).match_file(_path(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """How late a change may be searchable, and how old a document of each kind may grow.

    A kind that is neither in `max_age` nor covered by its entry "*" has no promise, and so for `review`. Of `rules`,
    the first that covers a document and has a setting counts for that setting.
    """

    max_lag: Duration = _DAY
    max_age: Mapping[str, Duration] = field(
        default_factory=lambda: {HELP: Duration(0, 180, 0, "180d"), SOP: Duration(0, 365, 0, "365d")}
    )
    review: Mapping[str, Duration] = field(default_factory=dict)
    verify_every: Duration | None = None
    rules: tuple[PromiseRule, ...] = ()

    def age_of(self, kind: str) -> Duration | None:
        return self.max_age.get(kind) or self.max_age.get(EVERY_KIND)

    def of(self, document: str, kind: str) -> Promise:
        """What holds for the document with this id."""
        found = {
            "max_lag": self.max_lag,
            "max_age": self.age_of(kind),
            "review": self.review.get(kind) or self.review.get(EVERY_KIND),
            "verify_every": self.verify_every,
        }
        for rule in reversed(self.rules):
            if rule.covers(document, kind):
                found |= {name: own for name in found if (own := getattr(rule, name)) is not None}
        return Promise(**{name: None if own == NOTHING else own for name, own in found.items()})


@lru_cache(maxsize=256)
def _pattern(path: str) -> pathspec.PathSpec[pathspec.Pattern]:
    return pathspec.PathSpec.from_lines("gitignore", [path])


def _path(document: str) -> str:
    return urlsplit(document).path.lstrip("/") if "://" in document else document
