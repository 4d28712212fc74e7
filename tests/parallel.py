"""How pytest-xdist distributes the tests to processes: a file at a time, those with slow tests first."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Files of long tests that share nothing: each test goes by itself.
APART = {"tests/cli/test_batches.py", "tests/test_service.py", "tests/web/api/test_openapi.py"}
# A folder whose tests share one instance that runs.
TOGETHER = "tests/conformance/"


class ByFile(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """xdist's own `--dist loadfile` starts with the files of most tests, and so ends with one process at work."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith(TOGETHER):
            return TOGETHER
        return nodeid if path in APART else path


def put_slow_first(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reorder what a process of xdist has collected; the scheduler takes the files in this order."""

    def is_fast(item: pytest.Item) -> bool:
        is_marked = item.get_closest_marker("slow") or item.get_closest_marker("browser")
        return not (is_marked or item.nodeid.startswith(TOGETHER))

    if hasattr(config, "workerinput"):
        items.sort(key=is_fast)
