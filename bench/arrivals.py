"""Send requests when they are due, whether the server is ready or not, and measure each from its due time.

Pollers do not wait for each other, so this is an open loop: if a server falls behind, the times of all later requests
show it. h2load can keep a rate, but not with a different header for each request, and not with new connections.
"""

import errno
import select
import socket
import statistics
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

UNPACED = 1e9  # a rate at which all requests are due at once


@dataclass
class Arrivals:
    """The results: counts of statuses (0: no answer), milliseconds from due time to last byte, seconds in total."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def quantile(self, percent: int) -> float:
        return statistics.quantiles(self.times, n=100, method="inclusive")[percent - 1]


class _Connection:
    """Sends one request at a time over a socket, which it keeps until an answer closes the connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket: socket.socket | None = None
        self.request = b""
        self.due = 0.0
        self.is_busy = False
        self._head = b""
        self._left = -1  # bytes of the body; -1: the head is incomplete

    def begin(self, poller: select.epoll, request: bytes, due: float) -> int:
        """Send the request, if necessary after opening the socket; return the file descriptor of the socket."""
        self.request, self.due, self.is_busy, self._head, self._left = request, due, True, b"", -1
        if self.socket is None:
            self.socket = socket.socket()
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            result = self.socket.connect_ex(self.address)
            assert result in (0, errno.EINPROGRESS), errno.errorcode[result]
            poller.register(self.socket, select.EPOLLOUT)
        else:
            self._send()
        return self.socket.fileno()

    def opened(self, poller: select.epoll) -> None:
        assert self.socket is not None
        poller.modify(self.socket, select.EPOLLIN)
        self._send()

    def _send(self) -> None:
        assert self.socket is not None
        try:
            sent = self.socket.send(self.request)
        except ConnectionError:
            return  # the next read reports it
        assert sent == len(self.request), "a request is smaller than the buffer of a socket"

    def receive(self) -> int | None:
        """Read available data; return the status when the answer is complete, 0 if there will be no answer."""
        assert self.socket is not None
        try:
            data = self.socket.recv(262_144)
        except ConnectionError:
            data = b""
        if not data:
            self.close()
            return 0
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return None
            data = self._head[end + 4 :]
            self._head = self._head[: end + 2].lower()
            has_body = self._head[9:12] not in (b"204", b"304") and not self.request.startswith(b"HEAD ")
            self._left = _content_length(self._head) if has_body else 0
        self._left -= len(data)
        if self._left > 0:
            return None
        if b"\r\nconnection: close\r\n" in self._head:
            self.close()
        return int(self._head[9:12])

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def _content_length(head: bytes) -> int:
    found = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    assert found, head
    return int(found)


def send(address: tuple[str, int], requests: Sequence[bytes], rate: float, *, connections: int) -> Arrivals:
    """Send request N after N/`rate` seconds, over `connections` connections, kept as long as both sides allow."""
    result = Arrivals()
    free = deque(_Connection(address) for _ in range(connections))
    known: dict[int, _Connection] = {}
    sent, started = 0, time.perf_counter()
    with select.epoll() as poller:
        while len(result.times) < len(requests):
            while sent < len(requests) and free and (due := started + sent / rate) <= time.perf_counter():
                connection = free.popleft()
                known[connection.begin(poller, requests[sent], due)] = connection
                sent += 1
            wait = started + sent / rate - time.perf_counter() if free and sent < len(requests) else 10
            for handle, event in poller.poll(max(0.0, wait)):
                connection = known[handle]
                if not connection.is_busy:  # the server closes a kept connection
                    connection.close()
                elif event == select.EPOLLOUT:
                    connection.opened(poller)
                elif (status := connection.receive()) is not None:
                    result.statuses[status] += 1
                    result.times.append((time.perf_counter() - connection.due) * 1000)
                    connection.is_busy = False
                    free.append(connection)
        result.seconds = time.perf_counter() - started
        for connection in free:
            connection.close()
    return result
