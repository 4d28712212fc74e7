"""Random lives of an article, through every way in and with a moving clock: readers always see the truth."""

import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from feedsvc import create_app
from feedsvc.articles.ingest import ingest, restore, withdraw
from feedsvc.database import open_database, transaction
from feedsvc.instance import load_site
from feedsvc.models import VIETNAM, Article, Draft
from feedsvc.passwords import hash_password
from feedsvc.store.articles import find_article, get_article
from feedsvc.store.scopes import list_changes
from feedsvc.store.tokens import save_token
from feedsvc.store.users import save_user
from feedsvc.store.wards import get_ward

from ..conftest import NOW, Clock, make_settings
from ..web.admin.desk import PASSWORD, Clerk
from ..web.api.program import RECORD, Program

TEXTS = ["Đoạn một.", "Đoạn hai.", "Đoạn ba."]
# The times of publication in records: one long past, others soon.
TIMES = [datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM), NOW + timedelta(hours=1), NOW + timedelta(hours=3)]


@dataclass(frozen=True)
class Expected:
    """The state that the documentation and the forms promise for the article, computed without the code under test."""

    state: str
    text: str
    published: datetime
    corrected_at: datetime | None = None


class Life(RuleBasedStateMachine):
    """One article: posted, corrected, scheduled, called off, withdrawn, restored, sent again, edited, waited for."""

    prepared: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        settings = make_settings(self.folder / "instance")
        shutil.copytree(self.prepared, settings.instance)
        self.clock = Clock(NOW)
        self.db = open_database(settings.database_path)
        self.site = load_site(settings, self.db)
        self.app = create_app(settings, clock=self.clock)
        with transaction(self.db):
            save_token(
                self.db, "cms", "fs_cms", ward=get_ward(self.db, "phuong-lang"), area=None, now=NOW, expires_at=None
            )
        self.program = Program(self.app.test_client(), "fs_cms")
        self.clerk = Clerk(self.app.test_client())
        assert self.clerk.log_in("minh").status_code == 302
        self.expected: Expected | None = None
        self.updates: list[datetime] = []

    def teardown(self) -> None:
        self.app.extensions["feedsvc"].close()
        self.db.close()
        shutil.rmtree(self.folder)

    # Events. Each rule first computes the expected state, then acts.

    @rule(text=st.sampled_from(TEXTS), published=st.sampled_from(TIMES), by=st.sampled_from(["file", "api"]))
    def send(self, text: str, published: datetime, by: str) -> None:
        """A sender sends its first or another version: a draft stays a draft, a withdrawn article stays withdrawn."""
        known = self.expected
        if known is None:
            self.expected = Expected(self._by_time(published), text, published)
        elif known.state == "draft":
            self.expected = replace(known, text=text, published=published)
        elif known.state == "scheduled":
            self.expected = Expected(self._by_time(published), text, published)
        elif known.state == "published":
            self._expect_correction(text)
        if by == "file":
            draft = Draft(
                title=RECORD["title"],
                published=published,
                ward="phuong-lang",
                categories=("thong-bao",),
                content_text=text,
                external_id="cms-1",
            )
            ingest(self.db, draft, site=self.site, now=self.clock.now)
        else:
            record = {**RECORD, "content_text": text, "published": published.isoformat()}
            assert self.program.post(record).status_code in {200, 201, 409}

    @precondition(lambda self: self.expected is not None)
    @rule(
        text=st.sampled_from(TEXTS),
        published=st.sampled_from(TIMES),
        by=st.sampled_from(["form", "api"]),
        publish=st.booleans(),
    )
    def save(self, text: str, published: datetime, by: str, publish: bool) -> None:
        """An editor saves this article. "Lưu nháp" keeps a draft; the API has no drafts, so it publishes."""
        known = self.expected
        assert known is not None
        publish = publish or by == "api"
        if known.state == "published":
            self._expect_correction(text)
        elif known.state == "scheduled" or (known.state == "draft" and publish):
            self.expected = Expected(self._by_time(published), text, published)
        elif known.state == "draft":
            self.expected = replace(known, text=text, published=published)
        if by == "api":
            answer = self.program.put(content_text=text, published=published.isoformat())
            assert answer.status_code == (409 if known.state == "withdrawn" else 200)
        elif known.state != "withdrawn":
            day, time = f"{published:%Y-%m-%d}", f"{published:%H:%M}"
            action = {"action": "publish"} if publish else {"action": "save"}
            answer = self.clerk.edit(1, content=text, published_day=day, published_time=time, **action)
            assert answer.status_code == 302

    @precondition(lambda self: self.expected is not None)
    @rule(by=st.sampled_from(["command", "form", "api"]))
    def take_back(self, by: str) -> None:
        """An editor withdraws the article; a scheduled one is called off and becomes a draft."""
        known = self.expected
        assert known is not None
        after = {"published": "withdrawn", "scheduled": "draft"}.get(known.state, known.state)
        self.expected = replace(known, state=after)
        if by == "command":
            self._compare(withdraw(self.db, 1, reason="Sai", now=self.clock.now))
        elif by == "api":
            assert self.program.delete().status_code == 200
        elif known.state in {"published", "scheduled"}:
            assert self.clerk.withdraw(1, "Sai").status_code == 302

    @precondition(lambda self: self.expected is not None)
    @rule()
    def bring_back(self) -> None:
        """An editor restores the article: that is not a correction."""
        known = self.expected
        assert known is not None
        if known.state == "withdrawn":
            self.expected = replace(known, state="published")
        self._compare(restore(self.db, 1, now=self.clock.now))

    @rule(seconds=st.sampled_from([0.3, 1, 20, 3700]))
    def wait(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)
        known = self.expected
        if known is not None and known.state == "scheduled" and known.published <= self.clock.now:
            self.expected = replace(known, state="published")
        self.program.client.get("/")  # publishes due articles

    # Invariants after each event.

    @invariant()
    def the_row_and_the_page_say_what_happened(self) -> None:
        if self.expected is None:
            assert find_article(self.db, 1) is None
            return
        article, expected = get_article(self.db, 1), self.expected
        assert article.state == expected.state
        assert expected.text in article.content_html
        assert article.published == expected.published
        assert article.corrected_at == expected.corrected_at
        page = self.app.test_client().get(f"/articles/1/{article.slug}")
        assert page.status_code == {"published": 200, "withdrawn": 410}.get(expected.state, 404)
        if expected.state == "published":
            shown = re.search(r"(?:Cập nhật|Đính chính)[^<]*?(\d\d:\d\d)", page.text)
            assert (shown and shown[1]) == (expected.corrected_at and f"{expected.corrected_at:%H:%M}")

    @invariant()
    def the_feed_shows_it_while_it_is_published_and_its_update_time_rises_with_every_change(self) -> None:
        items = self.app.test_client().get("/wards/phuong-lang/feed.json").get_json()["items"]
        state = self.expected.state if self.expected is not None else ""
        assert len(items) == (state in {"published", "withdrawn"})
        assert [item["title"].startswith("Đã thu hồi: ") for item in items] == [state == "withdrawn"] * len(items)
        kinds = [change.kind for change in list_changes(self.db, since=0, limit=1000) if change.article_id == 1]
        # Every change that a reader notices, except the first, moves `updated`, even within one second.
        if items:
            noticed = sum(kinds.count(kind) for kind in ("corrected", "withdrawn", "restored"))
            updated = datetime.fromisoformat(items[0]["date_modified"])
            if len(self.updates) <= noticed:
                assert all(updated > earlier for earlier in self.updates)
                self.updates += [updated] * (noticed + 1 - len(self.updates))
            assert self.updates[-1] == updated
            assert updated.microsecond == 0

    def _by_time(self, published: datetime) -> str:
        return "scheduled" if published > self.clock.now else "published"

    def _expect_correction(self, text: str) -> None:
        assert self.expected is not None
        if text != self.expected.text:
            now = self.clock.now.astimezone(VIETNAM).replace(microsecond=0)
            self.expected = replace(self.expected, text=text, corrected_at=now)

    def _compare(self, returned: Article) -> None:
        assert returned == get_article(self.db, 1)


@pytest.fixture(scope="module")
def with_administrator(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lives") / "instance"
    shutil.copytree(prepared, folder)
    db = open_database(make_settings(folder).database_path)
    with transaction(db):
        save_user(db, "minh", hash_password(PASSWORD), "administrator", None, now=NOW)
    db.close()
    return folder


@pytest.mark.slow
def test_whatever_happens_readers_are_told_the_truth(with_administrator: Path) -> None:
    class Prepared(Life):
        prepared = with_administrator

    settings = hypothesis_settings(
        max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Prepared, settings=settings)
