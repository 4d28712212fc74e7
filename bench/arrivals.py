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

UNPACED = 1e9  # a rate: all are due at once


@dataclass
class Arrivals:
    """What came back: how often each status (0: none), milliseconds from being due to the last byte, seconds in all."""

    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def quantile(self, percent: int) -> float:
        return statistics.quantiles(self.times, n=100, method="inclusive")[percent - 1]


class _Connection:
    """One request at a time, over a socket that is kept until an answer says that it ends."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket: socket.socket | None = None
        self.request = b""
        self.due = 0.0
        self.is_busy = False
        self._head = b""
        self._left = -1  # bytes of the body; -1: the head is not whole

    def begin(self, poller: select.epoll, request: bytes, due: float) -> int:
        """Send the request, or open the socket first: then it is sent when that is open. Return the socket's number."""
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
            return  # reading will show it
        assert sent == len(self.request), "a request is smaller than the buffer of a socket"

    def receive(self) -> int | None:
        """Read what is there; return the status when the answer is whole, 0 when there will be none."""
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
    """Send request N when N/`rate` seconds have passed, over so many connections, kept while both sides want it."""
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
                if not connection.is_busy:  # it was kept, and the server does not want it any longer
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
