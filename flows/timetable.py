"""A source's schedule as Prefect knows schedules."""

from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

from headwater.settings import SourceSettings
from headwater.settings.schedule import anchor, interval_of


def as_prefect(source: SourceSettings) -> list[CronSchedule | IntervalSchedule]:
    """One, or none."""
    if not source.schedule:
        return []
    interval = interval_of(source.schedule)
    if interval is None:
        return [CronSchedule(cron=source.schedule, timezone=source.timezone)]
    # In UTC: where clocks change, Prefect means elapsed time in one place and the hour of the day in another.
    return [IntervalSchedule(interval=interval, anchor_date=anchor(source.timezone), timezone="UTC")]
