"""Limit the requests of an API token, with token buckets in memory that all worker processes share. No clock, no Flask.

A counter in SQLite would cost a commit for every read; a counter in each of N workers would allow N times the limit.
See docs/decisions/0010-api-limits.md.
"""

import math
import mmap
import struct
import threading

_SLOTS = 4096
_SLOT = struct.Struct("=d")


class RateLimit:
    """Allows `per_minute` requests in a minute for each key; they may come all at once, and the bucket refills evenly.

    It keeps one number for each key: the time when its bucket is full again (the generic cell rate algorithm). The
    anonymous shared memory is made before gunicorn forks, so it is the same in every worker. Keys that are equal modulo
    4096 share a bucket. Two processes that write in the same microsecond lose one count, which is acceptable: this
    bounds runaway clients and is not for accounting.
    """

    def __init__(self, per_minute: int) -> None:
        self._interval = 60 / per_minute
        self._burst = 60 - self._interval
        self._full_at = mmap.mmap(-1, _SLOTS * _SLOT.size)
        self._lock = threading.Lock()

    def take(self, key: int, now: float) -> int:
        """Count one request at `now` (seconds) and return 0, or count nothing and return the seconds to wait."""
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
