"""Style and script, which browsers keep for as long as their address stays the same."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.dashboard.layout import STATIC


class Kept(StaticFiles):
    """An address with a version never has other content; without one it is asked for anew, and answered by its ETag."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=") and answer.status_code in (200, 304)
        answer.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "public, no-cache"
        return answer
