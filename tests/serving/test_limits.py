"""The rate limit: a bucket that refills, one for each key, shared by all worker processes."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from feedsvc.serving.limits import RateLimit

from ..conftest import start_server, stop_server

NOW = 1_800_000_000.0


def test_it_works() -> None:
    limit = RateLimit(3)
    assert [limit.take(1, NOW) for _ in range(4)] == [0, 0, 0, 20]
    assert limit.take(1, NOW + 19) == 1
    assert [limit.take(1, NOW + 20) for _ in range(2)] == [0, 20]


def test_waiting_does_not_add_up_to_more_than_a_minutes_worth() -> None:
    limit = RateLimit(3)
    assert [limit.take(1, NOW + 86_400) for _ in range(4)] == [0, 0, 0, 20]


def test_a_steady_client_at_the_limit_is_never_refused() -> None:
    limit = RateLimit(600)
    assert all(limit.take(1, NOW + step / 10) == 0 for step in range(3000))


def test_one_request_in_a_minute_is_a_limit_too() -> None:
    limit = RateLimit(1)
    assert [limit.take(1, NOW + second) for second in (0, 1, 59, 60, 61)] == [0, 59, 1, 0, 59]


def test_each_key_has_its_own_bucket() -> None:
    limit = RateLimit(1)
    assert [limit.take(key, NOW) for key in (1, 2, 1)] == [0, 0, 60]


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    limit = RateLimit(1)
    limit.take(1, NOW + 3600)
    assert limit.take(1, NOW) == 0


def test_a_forked_process_counts_in_the_same_bucket() -> None:
    limit = RateLimit(2)
    child = os.fork()
    if child == 0:
        limit.take(1, NOW)
        os._exit(0)
    os.waitpid(child, 0)
    assert [limit.take(1, NOW) for _ in range(2)] == [0, 30]


@pytest.mark.slow
def test_the_workers_of_a_server_share_the_limit(tmp_path: Path) -> None:
    process, server = start_server(tmp_path / "served", FEEDSVC_API_REQUESTS_PER_MINUTE="5")
    secret = server.run("tokens", "add", "cms").stdout.strip()
    statuses = []
    for _ in range(20):
        request = urllib.request.Request(f"{server.url}/api/articles", headers={"Authorization": f"Bearer {secret}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                statuses.append(response.status)
        except urllib.error.HTTPError as error:
            with error:
                statuses.append(error.code)
    stop_server(process)
    # On a slow machine the test takes twelve seconds, which allow one more request.
    assert 5 <= statuses.count(200) <= 6
    assert statuses.count(429) == 20 - statuses.count(200)
