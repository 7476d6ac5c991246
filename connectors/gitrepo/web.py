"""Where people read a file of a repository: on the forge that keeps it."""

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from headwater.errors import ConfigError

_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>[^:].*)")
_FORMS = (
    (re.compile(r"(^|\.)gitlab\."), "{base}/-/blob/{{branch}}/{{path}}"),
    (re.compile(r"(^|\.)bitbucket\.org$"), "{base}/src/{{branch}}/{{path}}"),
    (re.compile(r"(^|\.)(codeberg\.org|gitea\.|forgejo\.)"), "{base}/src/branch/{{branch}}/{{path}}"),
    (re.compile(r"(^|\.)git\.sr\.ht$"), "{base}/tree/{{branch}}/item/{{path}}"),
    (re.compile(r"(^|\.)github\."), "{base}/blob/{{branch}}/{{path}}"),
)
"""By host; the address of the repository is `base`."""


def template(address: str, stated: str, place: str) -> str:
    """`stated`, or the form of the forge that the address names; "" where it names none that is known."""
    if stated:
        unknown = set(re.findall(r"\{([^{}]*)\}", stated)) - {"branch", "path"}
        if "{path}" not in stated or unknown:
            raise ConfigError(f'{place}: web has to be as in "https://host/owner/repo/blob/{{branch}}/{{path}}"')
        return stated
    host, path = _parts(address)
    base = f"https://{host}/{path}".removesuffix("/").removesuffix(".git")
    return next((form.format(base=base) for known, form in _FORMS if host and path and known.search(host)), "")


def uri(template: str, address: str, branch: str, path: str) -> str:
    """Without a template, the address of the repository followed by the path in it: that of a file on this machine."""
    quoted = quote(path.encode("utf-8", "surrogateescape"))
    if template:
        return template.replace("{branch}", quote(branch)).replace("{path}", quoted)
    if address.startswith("/"):
        return f"{Path(address).as_uri()}/{quoted}"
    scp = None if "://" in address else _SCP.fullmatch(address)
    return f"ssh://{scp['host']}/{scp['path']}/{quoted}" if scp else f"{address.rstrip('/')}/{quoted}"


def _parts(address: str) -> tuple[str, str]:
    """Host in lower case and path; ports of ssh are not those of the web."""
    if "://" in address:
        parts = urlsplit(address)
        if parts.scheme == "file":
            return "", ""
        port = f":{parts.port}" if parts.port and parts.scheme in ("http", "https") else ""
        return f"{(parts.hostname or '').lower()}{port}", parts.path.strip("/")
    scp = _SCP.fullmatch(address)
    return (scp["host"].lower(), scp["path"].strip("/")) if scp else ("", "")
