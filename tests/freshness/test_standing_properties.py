"""What holds of how a document stands, whatever its dates, its promises and the moment that is asked about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from headwater.freshness.standing import Moment, Trouble, document_standing, is_over, missing_standing
from headwater.freshness.terms import Terms
from headwater.freshness.values import DocumentStanding, Kept
from headwater.ledger.standing import Standing
from headwater.metadata.dates import EARLIEST, LATEST, moment_of, reachable, stated_date
from headwater.settings import Duration, Promises, parse_duration
from tests.freshness.shelf import NOON

ZONES = (
    "UTC", "Europe/Madrid", "Europe/Dublin", "America/New_York", "America/Santiago", "America/Havana",
    "America/St_Johns", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
DAY = timedelta(days=1)

around = (st.integers(-72, 72).map(lambda hours: 6 * hours) | st.integers(-20_000, 20_000)).map(
    lambda hours: NOON + timedelta(hours=hours)
)
"""Near each other, so that every order of them is met."""
anywhen = st.datetimes(timezones=st.just(UTC)) | st.integers(0, 800).map(lambda days: LATEST - timedelta(days=days))
offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: f"{minutes // 60:+03d}:{minutes % 60:02d}")
lengths = (st.integers(1, 400).map("{}h".format) | st.integers(1, 900).map("{} months".format)).map(parse_duration)
intervals = st.sampled_from(("1 day", "3 weeks", "6 months", "1 year", "100 years"))
written = st.one_of(
    around.map(datetime.isoformat),
    st.builds(lambda moment, offset: f"{moment:%Y-%m-%dT%H:%M:%S}".zfill(19) + offset, st.datetimes(), offsets),
    st.sampled_from(("0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999-23:59", "2024-02-29", "")),
)


@st.composite
def rows(draw: st.DrawFn, moments: st.SearchStrategy[datetime] = around) -> Standing:
    maybe = st.none() | moments
    facts = {"last_reviewed_on": draw(written), "review_by": draw(written), "review_in": draw(intervals)}
    named = draw(st.sets(st.sampled_from(sorted(facts))))
    return Standing(
        source="docs", document="a.md", kind="help", title="A", uri="", updated_at=draw(maybe),
        published_at=draw(moments), verified_at=draw(moments), changed_at=draw(maybe), changed_after=draw(maybe),
        detected_at=draw(maybe), searchable_at=draw(moments), facts={name: facts[name] for name in named},
    )  # fmt: skip


promises = st.builds(
    Promises,
    max_lag=lengths,
    max_age=st.just({}) | lengths.map(lambda length: {"help": length}),
    review=st.just({}) | lengths.map(lambda length: {"*": length}),
)
troubles = st.none() | st.builds(
    Trouble,
    outcome=st.sampled_from(("failing", "quarantined", "withheld", "tombstoned")),
    since=around,
    reason=st.just(""),
)
asked = st.builds(
    lambda at, now, vouched: Moment(at=at, looked=min(at, now), vouched=vouched), around, around, st.none() | around
)
zones = st.sampled_from(ZONES)


def standing(
    row: Standing, promised: Promises, moment: Moment, trouble: Trouble | None, zone: str = "UTC"
) -> DocumentStanding:
    return document_standing(row, Terms(name="docs", promises=promised, timezone=zone), moment, trouble)


@given(rows(), promises, asked, troubles, zones)
def test_nothing_lasts_less_than_no_time(
    row: Standing, promised: Promises, moment: Moment, trouble: Trouble | None, zone: str
) -> None:
    found = standing(row, promised, moment, trouble, zone)
    for length in (found.lag, found.age):
        assert length is None or length >= timedelta(0)
    if found.lag_exact:
        assert found.changed_at is not None
        assert found.lag == row.searchable_at - found.changed_at or found.lag == timedelta(0)
    assert found.verified_at is None or found.verified_at <= moment.looked + timedelta(minutes=5)
    assert found.dated is None or found.dated <= moment.at + DAY


@given(rows(), promises, asked, troubles, zones)
def test_what_is_within_its_promise_breaks_none(
    row: Standing, promised: Promises, moment: Moment, trouble: Trouble | None, zone: str
) -> None:
    found = standing(row, promised, moment, trouble, zone)
    states = {found.pipeline, found.content}
    assert found.within == (states <= {Kept.YES, Kept.NONE} and Kept.YES in states)
    assert (found.freshness == "stale") == (Kept.NO in states)
    assert (found.freshness == "fresh") == found.within
    assert (found.content is Kept.NONE) == (not found.due_by)
    assert (found.content is Kept.UNKNOWN) == (found.due_by != "" and found.due is None)
    if trouble is not None and trouble.outcome != "tombstoned":
        assert found.pipeline is not Kept.YES
        assert found.outcome == trouble.outcome


@given(rows(), promises, asked, troubles, lengths)
def test_whoever_promises_less_breaks_less(
    row: Standing, promised: Promises, moment: Moment, trouble: Trouble | None, other: Duration
) -> None:
    lags = sorted((promised.max_lag, other), key=lambda length: length.approximate)
    strict, lax = (standing(row, replace(promised, max_lag=lag), moment, trouble).pipeline for lag in lags)
    assert strict is not Kept.YES or lax is Kept.YES
    assert lax is not Kept.NO or strict is Kept.NO


@given(rows(), asked, st.integers(1, 900), st.integers(0, 900), zones)
def test_older_content_may_be_kept_longer(row: Standing, moment: Moment, days: int, more: int, zone: str) -> None:
    strict, lax = (
        standing(row, Promises(max_age={"help": parse_duration(f"{age}d")}), moment, None, zone).content
        for age in (days, days + more)
    )
    assert strict is not Kept.YES or lax is Kept.YES
    assert lax is not Kept.NO or strict is Kept.NO


@given(rows(), promises, asked, zones, st.timedeltas(timedelta(0), timedelta(days=2000)))
def test_what_is_overdue_stays_so_until_something_is_done(
    row: Standing, promised: Promises, moment: Moment, zone: str, later: timedelta
) -> None:
    stated = (row.updated_at, moment_of(row.facts.get("last_reviewed_on")))
    if any(one is not None and one - DAY > moment.at for one in stated):
        return  # a date that lies ahead counts once it has come
    before = standing(row, promised, moment, None, zone)
    after = standing(row, promised, replace(moment, at=moment.at + later), None, zone)
    assert before.content is not Kept.NO or after.content is Kept.NO
    if before.age is not None and after.age is not None:
        assert before.age <= after.age <= before.age + later
    assert after.due == before.due


@given(rows(), promises, asked, around)
def test_another_look_never_harms(row: Standing, promised: Promises, moment: Moment, again: datetime) -> None:
    before = standing(row, promised, moment, None)
    seen = min(again, moment.looked)
    vouched = seen if moment.vouched is None else max(seen, moment.vouched)
    after = standing(row, promised, replace(moment, vouched=vouched), None)
    assert before.pipeline is not Kept.YES or after.pipeline is Kept.YES
    assert (after.pipeline is Kept.NO) == (before.pipeline is Kept.NO)


@given(rows(anywhen.map(reachable)), promises, anywhen.map(reachable), zones)
def test_no_date_is_too_strange(row: Standing, promised: Promises, at: datetime, zone: str) -> None:
    found = standing(row, promised, Moment(at=at, looked=at), None, zone)
    for moment in (found.dated, found.due):
        if moment is not None:
            for name in ZONES:
                moment.astimezone(ZoneInfo(name))


@given(promises, asked, troubles.filter(bool))
def test_what_was_never_searchable_is_never_fresh(promised: Promises, moment: Moment, trouble: Trouble) -> None:
    found = missing_standing("docs", "a.md", Terms(name="docs", promises=promised), moment, trouble)
    assert found.pipeline in (Kept.NO, Kept.UNKNOWN)
    assert not found.within


@example(date(2026, 9, 6), "America/Santiago", timedelta(hours=23))
@example(date(2026, 4, 24), "Africa/Cairo", timedelta(hours=2))
@given(st.dates(date(2015, 1, 1), date(2035, 12, 31)), zones, st.timedeltas(-3 * DAY, 3 * DAY))
def test_a_day_is_over_when_the_calendar_of_its_zone_shows_another(day: date, zone: str, away: timedelta) -> None:
    local = ZoneInfo(zone)
    due = moment_of(stated_date(day.isoformat(), zone).isoformat())
    assert due is not None
    at = due.astimezone(UTC) + away
    for moment in (at, at.astimezone(local)):
        assert is_over(due.astimezone(local), moment) is (at.astimezone(local).date() > day)


@given(written)
def test_every_date_that_is_read_can_be_told_everywhere(text: str) -> None:
    moment = moment_of(text)
    if moment is not None:
        assert EARLIEST <= moment <= LATEST
        for name in ZONES:
            moment.astimezone(ZoneInfo(name))
