"""The permission rule for programs that read the collection with qdrant-client themselves."""

from collections.abc import Set as AbstractSet

from qdrant_client import models

from headwater.index.compile_client import compile_filter
from headwater.index.permitted import permitted_condition


def permitted_filter(asker: AbstractSet[str], epoch: int) -> models.Filter:
    """Goes into every prefetch, the outer query, and as IDF corpus into the search parameters of a sparse one."""
    return compile_filter(permitted_condition(asker, epoch))
