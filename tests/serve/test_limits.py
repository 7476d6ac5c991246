"""How much of what is sent is held in memory at one time, whoever sends it."""

import asyncio
from dataclasses import dataclass, field

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.http.limits import LONG_TOGETHER, LimitedBodies

MOST = 1 << 20
SHORT = 1_000


async def _taken(scope: Scope, receive: Receive, send: Send) -> None:
    body = (await receive())["body"]
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@dataclass
class _Sender:
    """Sends all but the last byte at once, and that one when it is told to."""

    length: int
    go: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    begun: bool = False

    async def receive(self) -> Message:
        if not self.begun:
            self.begun = True
            return {"type": "http.request", "body": b"x" * (self.length - 1), "more_body": True}
        self.held.set()
        await self.go.wait()
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])

    async def through(self, bodies: LimitedBodies) -> int:
        scope = {"type": "http", "method": "PUT", "path": "/v1/documents/docs/a.md", "headers": []}
        await bodies(scope, self.receive, self.send)
        return self.status


def test_long_bodies_that_are_held_at_one_time_are_bounded() -> None:
    """For as long as they take; short ones go on being taken."""

    async def main() -> None:
        bodies = LimitedBodies(_taken, most=MOST)
        slow = [_Sender(MOST) for _ in range(LONG_TOGETHER)]
        running = [asyncio.create_task(one.through(bodies)) for one in slow]
        await asyncio.gather(*(one.held.wait() for one in slow))
        # What is short of each is not counted, which leaves room for one more.
        more = _Sender(MOST)
        running.append(asyncio.create_task(more.through(bodies)))
        await more.held.wait()
        refused, short = _Sender(MOST), _Sender(SHORT)
        refused.go.set()
        short.go.set()
        assert await refused.through(bodies) == 503
        assert refused.headers[b"retry-after"] == b"1"
        assert await short.through(bodies) == 200
        for one in (*slow, more):
            one.go.set()
        assert await asyncio.gather(*running) == [200] * (LONG_TOGETHER + 1)
        later = _Sender(MOST)
        later.go.set()
        assert await later.through(bodies) == 200

    asyncio.run(main())


def test_one_that_breaks_off_gives_its_room_back() -> None:
    async def main() -> None:
        bodies = LimitedBodies(_taken, most=MOST)
        for _ in range(3 * LONG_TOGETHER):
            slow = _Sender(MOST)
            running = asyncio.create_task(slow.through(bodies))
            await slow.held.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        last = _Sender(MOST)
        last.go.set()
        assert await last.through(bodies) == 200

    asyncio.run(main())
