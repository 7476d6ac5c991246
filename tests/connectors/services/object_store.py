"""Enough of S3 for a folder to be read: ListObjectsV2 in pages, HeadObject, GetObject with ranges; nothing is signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

TIME = "2026-01-02T03:04:05.000Z"
HTTP_TIME = "Fri, 02 Jan 2026 03:04:05 GMT"
PAGE = 3


class ObjectStore:
    """`objects` by key, in one bucket; `refused` is a status and an error code that answer everything instead.

    `garbled` answers everything as well, `cut` refuses every page of a listing but its first, `slow` are seconds that
    every answer takes.
    """

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        self.objects: dict[str, bytes] = {}
        self.refused: tuple[int, str] | None = None
        self.garbled: bytes | None = None
        self.cut = False
        self.slow = 0.0
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def listing(self, query: dict[str, str]) -> str:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        names: dict[str, None] = {}
        for key in sorted(self.objects):
            if key.startswith(prefix):
                below = key[len(prefix) :]
                cut = delimiter and delimiter in below
                names[prefix + below.split(delimiter)[0] + delimiter if cut else key] = None
        start = int(query.get("continuation-token", 0))
        page = list(names)[start : start + PAGE]
        more = start + PAGE < len(names)
        parts = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{TIME}</LastModified><ETag>{_tag(self.objects[name])}"
            f"</ETag><Size>{len(self.objects[name])}</Size></Contents>"
            if name in self.objects
            else f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
            for name in page
        )
        token = f"<NextContinuationToken>{start + PAGE}</NextContinuationToken>" if more else ""
        return (
            f"<ListBucketResult><Name>{self.bucket}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}"
            f"</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>{token}{parts}</ListBucketResult>"
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append(f"{self.command} {self.path}")
                parts = urlsplit(self.path)
                bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
                query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                time.sleep(outer.slow)
                if outer.refused is not None:
                    self._error(*outer.refused)
                elif outer.garbled is not None:
                    self._send(200, outer.garbled, {"Content-Type": "application/xml"})
                elif outer.cut and "continuation-token" in query:
                    self._error(500, "InternalError")
                elif bucket != outer.bucket:
                    self._error(404, "NoSuchBucket")
                elif not key:
                    self._send(200, outer.listing(query).encode(), {"Content-Type": "application/xml"})
                elif key not in outer.objects:
                    self._error(404, "NoSuchKey")
                else:
                    self._object(outer.objects[key])

            do_HEAD = do_GET  # noqa: N815 (the name is the library's)

            def _object(self, content: bytes) -> None:
                headers = {"ETag": _tag(content), "Last-Modified": HTTP_TIME}
                wanted = self.headers.get("Range", "").removeprefix("bytes=")
                if not wanted:
                    self._send(200, content, headers)
                    return
                first, _, last = wanted.partition("-")
                part = content[int(first) : int(last) + 1 if last else None]
                headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
                self._send(206, part, headers)

            def _error(self, status: int, code: str) -> None:
                body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
                self._send(status, body, {"Content-Type": "application/xml"})

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                with suppress(OSError):  # whoever asked may not have waited
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@contextmanager
def serving_objects(bucket: str) -> Iterator[ObjectStore]:
    """In a thread of its own, closed at the end."""
    made = ObjectStore(bucket)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
