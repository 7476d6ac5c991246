"""The settings of a website source."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from connectors.http.client import HttpSettings
from connectors.http.reach import Reach
from connectors.websites.addresses import address, folder_of
from headwater.errors import ConfigError
from headwater.settings import Secret
from headwater.settings.fields import MaybeSecret, Texts
from headwater.settings.schema import Table


class WebOptions(Table):
    """What everything that is read over the web can be told."""

    allowed_hosts: Texts = Field(
        default=(),
        description='hosts beside those of url that may be asked, such as ["help.example.com", "*.example.com"]',
    )
    allow_private_addresses: bool = Field(
        default=False, description="whether hosts may lead to addresses of an inner network, such as 10.0.0.1"
    )
    requests_per_second: float = Field(default=5.0, gt=0, le=1_000, description="how often each host is asked at most")
    max_mb: int = Field(default=50, ge=1, le=1_000, description="largest body that is read, unpacked")
    user: MaybeSecret = Field(default="", description='for HTTP basic authentication, such as user = "indexer"')
    password: MaybeSecret = Field(default="", description='such as password = "${DOCS_PASSWORD}"')
    headers: dict[str, MaybeSecret] = Field(
        default={}, description='sent with every request, such as { Authorization = "Bearer ${DOCS_TOKEN}" }'
    )


class WebsiteOptions(WebOptions):
    url: Annotated[Texts, Field(min_length=1)] = Field(
        description='name the page to start from, such as url = "https://docs.example.com/guide/"'
    )
    sitemap: Texts = Field(
        default=(), description="addresses of sitemaps; without it, those of robots.txt, else /sitemap.xml"
    )
    crawl: Literal["auto", "always", "never"] = Field(
        default="auto", description='whether links are followed: "auto" only where no sitemap lists pages'
    )
    path_prefix: Texts = Field(
        default=(), description='folders that pages are taken from, such as ["/docs/"]; without it, those of url'
    )
    max_pages: int = Field(
        default=10_000, ge=1, le=1_000_000, description="most pages; where there are more, nothing is removed"
    )
    max_depth: int = Field(default=20, ge=0, le=1_000, description="how many links away from url a page may be")
    follow_queries: bool = Field(default=False, description="whether links with a ?query lead to pages of their own")
    respect_robots: bool = Field(default=True, description="false only for a site of one's own")
    trust_lastmod: bool = Field(
        default=False,
        description="whether a page whose lastmod in the sitemap is as before is taken for unchanged without asking; "
        "only for sites that are known to state it for every edit",
    )


def start_pages(options: WebsiteOptions, place: str) -> tuple[str, ...]:
    return tuple(checked_address(url, place) for url in options.url)


def checked_address(url: str, place: str) -> str:
    """ConfigError for what is no address that a source can start from."""
    if urlsplit(url).username or urlsplit(url).password:
        raise ConfigError(
            f"{place}: url carries a user name or a password", advice='Write them as user and password = "${NAME}".'
        )
    found = address(url)
    if not found:
        raise ConfigError(
            f"{place}: url is no address of a page", advice='Write it whole, such as "https://docs.example.com/".'
        )
    return found


def prefixes(options: WebsiteOptions, starts: tuple[str, ...]) -> tuple[str, ...]:
    """Paths that begin and end in a slash."""
    stated = options.path_prefix or tuple(folder_of(start) for start in starts)
    return tuple(dict.fromkeys(f"/{prefix.strip('/')}/".replace("//", "/") for prefix in stated))


def http_settings(options: WebOptions, starts: tuple[str, ...], place: str) -> HttpSettings:
    """Credentials go to the scheme, host and port of the first address only; ConfigError when there are others."""
    origins = {urlsplit(start)[:2] for start in starts}
    secret = bool(options.headers or options.user or options.password)
    if secret and len(origins) > 1:
        raise ConfigError(
            f"{place}: credentials are for one host, but url names several",
            advice="Make a source of its own for each host.",
        )
    hosts = {(urlsplit(start).hostname or "") for start in starts} | {host.lower() for host in options.allowed_hosts}
    basic = (Secret(options.user, f"{place} user"), Secret(options.password, f"{place} password"))
    return HttpSettings(
        reach=Reach(frozenset(hosts), options.allow_private_addresses),
        origin=starts[0] if secret else "",
        headers=tuple((name, Secret(text, f"{place} headers")) for name, text in sorted(options.headers.items())),
        basic=basic if options.user or options.password else None,
        setting="user and password, or headers,",
        rate=options.requests_per_second,
        most_bytes=options.max_mb * 2**20,
    )
