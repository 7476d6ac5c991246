"""What a person wants to know of a kind of source before connecting one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Sentences without a full stop; a connector's class has one as `about`.

    `permissions`: whose readers it knows, and what becomes of the others. `changes`: how a changed document is seen,
    and what that costs. `removals`: what counts as one. `fill_in`: settings that have to be filled in although each
    alone may be left out.
    """

    reads: str
    permissions: str
    changes: str
    removals: str
    fill_in: tuple[str, ...] = ()
