"""Which run of Prefect's this is, without importing Prefect where it is not one."""

import sys


def flow_run_id() -> str:
    """Of the flow run that this thread is in, as Prefect's pages have it; "" outside of one."""
    context = sys.modules.get("prefect.context")
    found = context.FlowRunContext.get() if context is not None else None
    return str(found.flow_run.id) if found is not None and found.flow_run is not None else ""
