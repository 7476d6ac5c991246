"""How far a listing of a help center has come, as tokens for the next one; `mark` stands for the settings."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing that `began` then was interrupted: `next` is the address of the next page of this locale."""

    began: float = 0.0
    locale: str = ""
    next: str = ""


def place_token(mark: str, place: Place) -> bytes:
    return json.dumps({"mark": mark, "began": place.began, "locale": place.locale, "next": place.next}).encode()


def place_of(resume: bytes | None, mark: str) -> Place:
    """The beginning, where there is none, or one of other settings."""
    try:
        found = json.loads(resume or b"null")
        return (
            Place(float(found["began"]), str(found["locale"]), str(found["next"])) if found["mark"] == mark else Place()
        )
    except (ValueError, KeyError, TypeError):
        return Place()


def changes_token(mark: str, *, since: float, full: float) -> bytes:
    return json.dumps({"mark": mark, "since": since, "full": full}).encode()


def changes_token_of(resume: bytes | None, mark: str) -> dict[str, float] | None:
    """None where there is none, or one of other settings."""
    try:
        found = json.loads(resume or b"null")
        return found if found and found["mark"] == mark and found["since"] and found["full"] else None
    except (ValueError, KeyError, TypeError):
        return None
