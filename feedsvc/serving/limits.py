"""How often a token may ask: a token bucket in memory that all worker processes share. No clock, no Flask.

A counter in SQLite would cost every read a commit; one in each worker would let N workers give N times the limit. See
docs/decisions/0010-api-limits.md.
"""

import math
import mmap
import struct
import threading

_SLOTS = 4096
_SLOT = struct.Struct("=d")


class RateLimit:
    """At most `per_minute` requests in a minute for each key; they may come all at once, and refill evenly.

    For each key one number is kept: when its bucket is full again (the generic cell rate algorithm). Anonymous shared
    memory that is made before gunicorn forks is the same memory in every worker. Keys that are equal modulo 4096
    share a bucket. Two processes that write in the same microsecond lose one count: this keeps a client from running
    away, it is no account.
    """

    def __init__(self, per_minute: int) -> None:
        self._interval = 60 / per_minute
        self._burst = 60 - self._interval
        self._full_at = mmap.mmap(-1, _SLOTS * _SLOT.size)
        self._lock = threading.Lock()

    def take(self, key: int, now: float) -> int:
        """Count one request at `now` (seconds) and return 0; or count nothing and return how many seconds to wait."""
        offset = key % _SLOTS * _SLOT.size
        with self._lock:
            full_at = max(now, float(_SLOT.unpack_from(self._full_at, offset)[0]))
            if full_at > now + 60 + self._interval:  # the clock was set back
                full_at = now
            wait = full_at - now - self._burst
            if wait > 1e-6:
                return math.ceil(wait)
            _SLOT.pack_into(self._full_at, offset, full_at + self._interval)
            return 0
