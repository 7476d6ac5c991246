"""The one rule of who may read what, as a condition; never write it a second time."""

from collections.abc import Set as AbstractSet

from headwater.index.base import NEVER
from headwater.index.query import AllOf, Between, Condition, Not, OneOf
from headwater.model import PUBLIC_PRINCIPAL, principals


def permitted_condition(asker: AbstractSet[str], epoch: int) -> Condition:
    """What someone with these principals sees at this epoch; ValueError for what is no principal or no epoch."""
    if isinstance(epoch, bool) or not 0 <= epoch < NEVER:
        raise ValueError(f"{epoch!r} is not an epoch")
    everyone = tuple(sorted(principals(asker) | {PUBLIC_PRINCIPAL}))
    return AllOf(
        (
            Between(field="from", lte=epoch),
            Between(field="to", gt=epoch),
            OneOf("allow", everyone),
            Not(OneOf("deny", everyone)),
        )
    )
