"""Fill a new instance with invented articles, without ingest: `python -m bench.population ARTICLES [WARDS] [BYTES]`.

`ingest` handles about 500 articles a second, so ten million would take hours. This program makes clean articles
directly, and writes them without a journal in the order of the tables. tests/test_population.py compares the rows with
those that ingest makes from the same articles. A population is kept in a temporary folder and reused.
"""

import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from feedsvc.articles.identity import hash_content
from feedsvc.blocks import BLOCK
from feedsvc.config import Settings
from feedsvc.database import Database, open_database
from feedsvc.instance import load_site, make_instance, prepare_instance
from feedsvc.models import VIETNAM, Article, Category, Draft, Site, Ward
from feedsvc.registry import load_registry
from feedsvc.registry.file import FORMAT
from feedsvc.store.catalogue import load_catalogue
from feedsvc.store.scopes import list_scopes_of
from feedsvc.store.search import _index_values, _save_words
from feedsvc.store.times import to_seconds
from feedsvc.text import make_slug, normalise, shorten

VERSION = 1  # of the content that is made here; a new version makes every population again
FOLDER = Path(tempfile.gettempdir()) / "feedsvc-bench"
LIVING = 126  # living communes in the shipped registry
WARDS_OF_AREA = 100
# The articles are distributed evenly over this time, so populations of any size have the same months.
FIRST = datetime(2025, 7, 2, tzinfo=VIETNAM)
LAST = datetime(2026, 11, 24, tzinfo=VIETNAM)
SECONDS = int((LAST - FIRST).total_seconds())
CHUNK = 50_000


def find_or_fill(articles: int, *, wards: int = LIVING, content: int = 250, seed: int = 1) -> Settings:
    """Return the settings of a population with these parameters and today's schema; make it if there is none."""
    settings = Settings(
        instance=FOLDER / f"{articles}-{wards}-{content}-{seed}",
        site_url="https://tin.example.vn",
    )
    marker = settings.instance / "population.json"
    if not marker.exists() or json.loads(marker.read_text()) != {"version": VERSION}:
        shutil.rmtree(settings.instance, ignore_errors=True)
        fill(settings, articles=articles, wards=wards, content=content, seed=seed)
        marker.write_text(json.dumps({"version": VERSION}))
    prepare_instance(settings, now=LAST, with_administrator=False)
    return settings


def fill(settings: Settings, *, articles: int, wards: int = LIVING, content: int = 250, seed: int = 1) -> None:
    """Prepare an instance and write articles of about `content` bytes into it, from `wards` living wards."""
    make_instance(settings, now=FIRST, with_administrator=False)
    db = open_database(settings.database_path)
    try:
        _add_wards(db, wards - LIVING)
        site = load_site(settings, db)
        invented = invent(db, articles, wards=wards, content=content, seed=seed)
        _write(db, (item.to_article(site) for item in invented), articles)
    finally:
        db.close()


def _add_wards(db: Database, count: int) -> None:
    """Invent `count` wards, and an area for each hundred of them."""
    if count <= 0:
        return
    units = [
        {"code": f"{90_000 + number}", "valid_from": "2025-07-01", "kind": "xa", "name": f"Xã Mẫu {number:04}"}
        for number in range(LIVING + 1, LIVING + 1 + count)
    ]
    areas = [
        {
            "slug": f"khu-mau-{number:02}",
            "name": f"Khu Mẫu {number:02}",
            "members": [{"ward": [unit["code"], unit["valid_from"]]} for unit in units[first : first + WARDS_OF_AREA]],
        }
        for number, first in enumerate(range(0, count, WARDS_OF_AREA), start=1)
    ]
    load_registry(db, {"format": FORMAT, "wards": units, "areas": areas}, origin="invented", now=FIRST)


ONSETS = "b c ch d đ g h kh l m n ng nh ph qu r s t th tr v x"
RIMES = (
    "a ac ai am an ang anh ao ap at au ay ăn ăng ân âng ât âu ây e em en eo ê ênh êt êu i ich iêm iên iêng iêt iêu"
    " in inh o oa oan oang oc oi om on ong ô ôc ôi ôm ôn ông ơ ơi ơn u ua uc ui un ung uôc uôi uông ư ưa ưng ươc"
    " ươi ươn ương"
)
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")


def list_words(seed: int = 1) -> list[str]:
    """Return the words of a population with this seed, the common ones first."""
    return _make_words(random.Random(seed))


def _make_words(chance: random.Random) -> list[str]:
    """Return 5,000 invented syllables in the spelling of Vietnamese, the common ones first."""
    syllables = [
        normalise(onset + rime[:place] + tone + rime[place:])
        for onset in ONSETS.split()
        for rime in RIMES.split()
        if onset != "qu" or rime[0] not in "ou"
        for place in [_find_place_of_tone(rime)]
        for tone in TONES
    ]
    return chance.sample(syllables, 5_000)


def _find_place_of_tone(rime: str) -> int:
    """Return the position after the vowel that bears the tone: one with a mark, or the last one before a consonant."""
    vowels = [place for place, letter in enumerate(rime, start=1) if letter in "aăâeêioôơuưy"]
    marked = [place for place in vowels if rime[place - 1] in "ăâêôơư"]
    return marked[-1] if marked else vowels[-1] if len(rime) > vowels[-1] else vowels[0]


def make_rare_word(number: int) -> str:
    """Return the name or number with index N, which a handful of articles have, however many articles there are."""
    if number % 3 == 0:
        return str(1_000 + number)
    parts = []
    for _ in range(3):
        number, rest = divmod(number, 100)
        parts.append("bdghklmnprstvxzfjwcq"[rest // 5] + "aeiou"[rest % 5])
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Invented:
    """An invented article in raw form; `id` counts from 1 in the order of publication."""

    id: int
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    ward: Ward
    categories: tuple[Category, ...]

    def to_draft(self) -> Draft:
        """Return the draft from which ingest would make the same article."""
        return Draft(
            title=self.title,
            published=self.published,
            ward=self.ward.slug,
            categories=tuple(category.slug for category in self.categories),
            content_text="\n\n".join(self.paragraphs),
            external_id=f"bench-{self.id}",
            view_count=self.id % 1_000,
        )

    def to_article(self, site: Site) -> Article:
        """Return the article that ingest makes from the draft, without its hash; all text is clean already."""
        return Article(
            id=self.id,
            guid=site.build_tag(f"article/{self.id}"),
            identity=f"key:bench-{self.id}",
            ward=self.ward,
            categories=self.categories,
            title=self.title,
            slug=_make_slug(self.title),
            summary=shorten(" ".join(self.paragraphs)),
            content_html="\n".join([f"<p>{paragraph}</p>" for paragraph in self.paragraphs]),
            author=self.ward.publisher,
            published=self.published,
            published_has_time=True,
            updated=self.published,
            source_url="",
            view_count=self.id % 1_000,
            content_hash="",
            state="published",
        )


def _make_slug(title: str) -> str:
    """Return make_slug(title), which for a short title consists of the slugs of its words."""
    slug = "-".join([_slug_of_word(word) for word in title.split()])
    return slug if len(slug) <= 80 else make_slug(title)


_slug_of_word = lru_cache(maxsize=20_000)(make_slug)


class _Writer:
    """Invents titles and texts. Sentences are slices of one long row of words that is drawn once, which is fast."""

    def __init__(self, chance: random.Random, *, rare: int) -> None:
        self._chance, self._rare = chance, rare
        words = _make_words(chance)
        # In any language, the second word is half as frequent as the first, the third a third as frequent (Zipf).
        self._row = chance.choices(words, [1 / rank for rank in range(1, len(words) + 1)], k=2_000_000)

    def write_sentence(self, least: int, most: int) -> str:
        begin = int(self._chance.random() * (len(self._row) - most))
        length = least + int(self._chance.random() * (most - least + 1))
        return " ".join(self._row[begin : begin + length]).capitalize()

    def write_paragraphs(self, size: int) -> Iterator[str]:
        """Yield paragraphs of about `size` bytes in total; the last one has a rare word in three of ten articles."""
        while size > 200:
            paragraph = ". ".join([self.write_sentence(8, 16) for _ in range(3)]) + "."
            size -= len(paragraph.encode()) + 8
            yield paragraph
        last = f"{self.write_sentence(8, 16)}."
        if self._chance.random() < 0.3:
            last += f" Số {make_rare_word(int(self._chance.random() * self._rare))}."
        yield last


def invent(
    db: Database, articles: int, *, wards: int = LIVING, content: int = 250, seed: int = 1
) -> Iterator[Invented]:
    """Yield articles in the order of publication, from the living wards and existing categories."""
    chance = random.Random(seed)
    # More text has more new words, but their number grows more slowly (Heaps).
    writer = _Writer(chance, rare=max(10, int(50 * articles**0.5)))
    catalogue = load_catalogue(db)
    living = [ward for ward in sorted(catalogue.wards, key=lambda ward: ward.id) if ward.lives_on(FIRST.date())][:wards]
    weights = list(accumulate(1 / rank for rank in range(1, len(catalogue.categories) + 1)))
    for number in range(articles):
        categories = chance.choices(catalogue.categories, cum_weights=weights, k=1 if chance.random() < 0.85 else 2)
        yield Invented(
            id=number + 1,
            title=writer.write_sentence(7, 12),
            paragraphs=tuple(writer.write_paragraphs(content)),
            published=FIRST + timedelta(seconds=number * SECONDS // articles),
            ward=chance.choice(living),
            categories=tuple(dict.fromkeys(categories)),
        )


class _Listings:
    """Collects the scopes, the state of each, and the ids of its articles, with four bytes for each id."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ids: dict[str, int] = {row["key"]: row["id"] for row in db.execute("SELECT id, key FROM scopes")}
        self._known: dict[tuple[Any, ...], list[int]] = {}
        self.articles: dict[int, array[int]] = {}
        self.moved: dict[int, tuple[int, int]] = {}
        self.published = array("q", [0])

    def add(self, article: Article, seq: int) -> None:
        """Add an article; articles must come in the order of their ids and of publication."""
        published = to_seconds(article.published)
        self.published.append(published)
        for scope_id in self._list_scope_ids(article):
            self.moved[scope_id] = seq, published
            self.articles.setdefault(scope_id, array("I")).append(article.id)

    def _list_scope_ids(self, article: Article) -> list[int]:
        """Return the ids of the scopes of `list_scopes_of`, cached, because the registry does not change meanwhile."""
        known = (article.ward.id, *(category.id for category in article.categories))
        if known not in self._known:
            keys = sorted(scope.key for scope in list_scopes_of(self._db, article, today=FIRST.date()))
            self._known[known] = [self._ids.setdefault(key, len(self._ids) + 1) for key in keys]
        return self._known[known]

    def scope_rows(self) -> Iterator[tuple[int, str, int, int, int]]:
        for key, scope_id in self._ids.items():
            if scope_id in self.moved:
                yield scope_id, key, *self.moved[scope_id], len(self.articles[scope_id])

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the rows of `listings` in the order of its key; each article appeared when it was published."""
        for scope_id in sorted(self.articles):
            for article_id in self.articles[scope_id]:
                published = self.published[article_id]
                yield scope_id, published, article_id, published

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Yield the rows of `appearances` in the order of its key."""
        for scope_id in sorted(self.articles):
            for position, article_id in enumerate(self.articles[scope_id], start=1):
                yield scope_id, position, article_id

    def blocks(self, last_seq: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield the rows of `blocks` in the order of its key; the last article of each changed last."""
        for scope_id in sorted(self.articles):
            articles = self.articles[scope_id]
            for begin in range(0, len(articles), BLOCK):
                article_id = articles[min(begin + BLOCK, len(articles)) - 1]
                yield scope_id, begin // BLOCK + 1, last_seq + article_id, self.published[article_id]


def _write(db: Database, articles: Iterator[Article], count: int) -> None:
    connection = db.conn
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -500000"):
        connection.execute(f"PRAGMA {pragma}")
    late = _drop_indexes(connection, "articles", "listings", "changes", "appearances")
    settings_of_search = connection.execute("SELECT k, v FROM search_config").fetchall()
    connection.execute("INSERT INTO search (search, rank) VALUES ('hashsize', 100000000)")
    (last_seq,) = connection.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()
    listings = _Listings(db)
    progress = _Progress(count)
    for size in _chunk_sizes(count):
        chunk = list(islice(articles, size))
        for article in chunk:
            listings.add(article, last_seq + article.id)
        _write_chunk(db, chunk, last_seq=last_seq)
        progress.add(len(chunk))
    progress.say("listings")
    connection.executemany(
        "INSERT INTO scopes (id, key, seq, changed_at, last_position) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, changed_at = max(changed_at, excluded.changed_at),"
        " last_position = excluded.last_position",
        listings.scope_rows(),
    )
    connection.executemany(
        "INSERT INTO listings (scope_id, published, article_id, appeared) VALUES (?, ?, ?, ?)", listings.rows()
    )
    connection.executemany(
        "INSERT INTO appearances (scope_id, position, article_id) VALUES (?, ?, ?)", listings.places()
    )
    connection.executemany(
        "INSERT INTO blocks (scope_id, number, seq, changed_at) VALUES (?, ?, ?, ?)", listings.blocks(last_seq)
    )
    connection.execute("DELETE FROM search_config")
    connection.executemany("INSERT INTO search_config (k, v) VALUES (?, ?)", map(tuple, settings_of_search))
    connection.commit()
    for statement in late:
        progress.say(statement)
        connection.execute(statement)
    connection.commit()
    progress.say("done")
    connection.execute("PRAGMA journal_mode = WAL")


def _drop_indexes(connection: sqlite3.Connection, *tables: str) -> list[str]:
    """Drop those indexes of the tables that can be made afterwards; return the SQL that makes them."""
    found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    indexes = [row for row in found.fetchall() if row["tbl_name"] in tables]
    for row in indexes:
        connection.execute(f"DROP INDEX {row['name']}")
    return [row["sql"] for row in indexes]


def _chunk_sizes(count: int) -> Iterator[int]:
    """Yield large chunk sizes and then smaller ones, because the last segments of a live search index are small."""
    while count:
        size = min(CHUNK, -(-count // 3))
        yield size
        count -= size


def _write_chunk(db: Database, chunk: list[Article], *, last_seq: int) -> None:
    """Write articles, their categories, changes and words, each table on its own, in one transaction."""
    connection = db.conn
    connection.executemany(
        f"INSERT INTO articles ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",
        map(_article_row, chunk),
    )
    connection.executemany(
        "INSERT INTO article_categories (article_id, position, category_id) VALUES (?, ?, ?)",
        (
            (article.id, position, category.id)
            for article in chunk
            for position, category in enumerate(article.categories)
        ),
    )
    connection.executemany(
        "INSERT INTO changes (seq, kind, article_id, changed_at) VALUES (?, 'published', ?, ?)",
        ((last_seq + article.id, article.id, to_seconds(article.published)) for article in chunk),
    )
    indexed = [_index_values(article) for article in chunk]
    _save_words(db, indexed)
    connection.executemany("INSERT INTO search (rowid, folded, exact, filters) VALUES (?, ?, ?, ?)", indexed)
    connection.commit()


_TEXTS = ("guid", "identity", "title", "slug", "summary", "content_html", "author", "source_url", "state", "view_count")
_TIMES = ("published", "updated", "ingested_at", "changed_at", "appeared")
_COLUMNS = ("id", "ward_id", "content_hash", "published_has_time", *_TIMES, *_TEXTS)
_get_texts = attrgetter(*_TEXTS)


def _article_row(article: Article) -> tuple[object, ...]:
    seconds = to_seconds(article.published)
    return article.id, article.ward.id, hash_content(article), 1, *[seconds] * len(_TIMES), *_get_texts(article)


class _Progress:
    """Prints the progress: on one line of a terminal, otherwise at each tenth."""

    def __init__(self, count: int) -> None:
        self._count, self._done, self._said, self._started = count, 0, 0, time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        tenth = 10 * self._done // self._count
        if sys.stderr.isatty() or tenth > self._said:
            self._said = tenth
            self.say(f"{self._done:,} of {self._count:,} articles")

    def say(self, text: str) -> None:
        end = "\r" if sys.stderr.isatty() else "\n"
        print(f"{time.monotonic() - self._started:7.0f} s  {text[:60]:60}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    numbers = [int(argument.replace(",", "")) for argument in sys.argv[1:]]
    names = ("articles", "wards", "content")
    made = find_or_fill(**dict(zip(names, numbers, strict=False)))
    print(made.instance)
