"""Checks of when a source is due: a cron line and a time zone."""

import zoneinfo
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from headwater.settings.names import nearest


def checked_cron(text: str) -> str:
    """Five cron fields, as Prefect takes them; "" means no schedule. ValueError otherwise."""
    line = " ".join(text.split())
    if not line:
        return ""
    fields = len(line.split(" "))
    if fields != 5:
        raise ValueError(
            f"{text!r} has {fields} fields; a schedule has five: minute hour day month weekday, such as */30 * * * *"
        )
    try:
        CronSim(line, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{text!r} is not a cron schedule ({str(error).lower()}); */30 * * * * is one") from error
    return line


def checked_timezone(text: str) -> str:
    """The name of a zone in the IANA database; ValueError names the nearest one."""
    try:
        return zoneinfo.ZoneInfo(text).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest(text, zoneinfo.available_timezones())
        hint = f"; did you mean {near}?" if near else "; write for example Europe/Madrid or UTC"
        raise ValueError(f"{text!r} is not a time zone{hint}") from error
