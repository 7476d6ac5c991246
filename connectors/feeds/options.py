"""Settings of feeds, beside those of everything that is read from the web."""

from typing import Annotated

from pydantic import Field

from connectors.websites.options import WebOptions
from headwater.settings.fields import Texts


class FeedOptions(WebOptions):
    url: Annotated[Texts, Field(min_length=1)] = Field(
        description='name the feed, such as url = "https://example.com/releases.atom"'
    )
    fetch_pages: bool = Field(default=False, description="whether the page behind an entry is read in its place")
    max_archives: int = Field(default=100, ge=0, le=10_000, description="most pages or archives of older entries read")
