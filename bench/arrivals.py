"""Send requests when they are due, whether the server is ready or not, and measure each from the time it was due.

Pollers do not wait for each other, so this is an open loop: a server that falls behind shows it in the times of all who
came meanwhile. h2load can keep to a rate, but not with a header of its own for each request, nor with new connections.
"""

import errno
import select
import socket
import statistics
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_NO_BODY = {b"304", b"204"}


@dataclass
class Arrivals:
    """What came back: how often each status, milliseconds from being due to the last byte, seconds in all."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def quantile(self, percent: int) -> float:
        return statistics.quantiles(self.times, n=100, method="inclusive")[percent - 1]


class _Connection:
    """One socket, one request at a time."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket: socket.socket | None = None
        self.request = b""
        self.due = 0.0
        self._head = b""
        self._left = -1  # bytes of the body; -1: the head is not whole

    def begin(self, poller: select.epoll, request: bytes, due: float) -> None:
        """Send the request, or open the connection first: then it is sent when the kernel says so."""
        self.request, self.due, self._head, self._left = request, due, b"", -1
        if self.socket is not None:
            self.socket.send(request)
            return
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        result = self.socket.connect_ex(self.address)
        assert result in (0, errno.EINPROGRESS), errno.errorcode[result]
        poller.register(self.socket, select.EPOLLOUT)

    def opened(self, poller: select.epoll) -> None:
        assert self.socket is not None
        self.socket.send(self.request)
        poller.modify(self.socket, select.EPOLLIN)

    def receive(self) -> int:
        """Read what is there; return the status when the answer is whole, else 0."""
        assert self.socket is not None
        data = self.socket.recv(262_144)
        assert data, "the server ended the connection within an answer"
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return 0
            data = self._head[end + 4 :]
            self._head = self._head[:end]
            self._left = 0 if self._head[9:12] in _NO_BODY else _content_length(self._head)
        self._left -= len(data)
        return 0 if self._left > 0 else int(self._head[9:12])

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def _content_length(head: bytes) -> int:
    return int(head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])


def send(
    address: tuple[str, int], requests: Sequence[bytes], rate: float, *, connections: int, reconnect: bool = False
) -> Arrivals:
    """Send request N when N/`rate` seconds have passed, over as many connections, each kept or for one request."""
    result = Arrivals()
    free = deque(_Connection(address) for _ in range(connections))
    busy: dict[int, _Connection] = {}
    sent, started = 0, time.perf_counter()
    with select.epoll() as poller:
        while len(result.times) < len(requests):
            while sent < len(requests) and free and (due := started + sent / rate) <= time.perf_counter():
                connection = free.popleft()
                connection.begin(poller, requests[sent], due)
                assert connection.socket is not None
                busy[connection.socket.fileno()] = connection
                sent += 1
            wait = started + sent / rate - time.perf_counter() if free and sent < len(requests) else 10
            for handle, event in poller.poll(max(0.0, wait)):
                connection = busy[handle]
                if event == select.EPOLLOUT:
                    connection.opened(poller)
                elif status := connection.receive():
                    result.statuses[status] += 1
                    result.times.append((time.perf_counter() - connection.due) * 1000)
                    del busy[handle]
                    if reconnect:
                        connection.close()
                    free.append(connection)
        result.seconds = time.perf_counter() - started
        for connection in free:
            connection.close()
    return result
