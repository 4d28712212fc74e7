"""The search index: which published articles have which words. In step with `articles`, for `ingest` sees to that.

The table is contentless FTS5: it holds no text, so what is taken out has to be given as it went in. What goes in is
therefore a function of the stored article alone (`_index_values`).
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from ..database import Database
from ..markup import html_to_text
from ..models import VIETNAM, Article, Scope, Search, Ward
from ..phrases import LEAST_BEGINNING, Phrase, parse_phrases
from ..text import fold_both
from .articles import list_articles, list_published
from .facts import find_fact, record_fact
from .times import to_seconds

# Raise the number where `_index_values` gives other values for the same article: then the index is built anew at the
# next start. It hangs on Python's Unicode tables too.
INDEX_VERSION = f"1/{unicodedata.unidata_version}"

# rowid is published << 30 | id: by rowid is by time, and a span of days is a span of rowids.
_ID_BITS = 30
_ID_MASK = (1 << _ID_BITS) - 1
_IndexValues = tuple[int, str, str, str]  # rowid, folded, exact, filters
_FIRST_DAY, _LAST_DAY = date(1971, 1, 1), date(2200, 12, 31)


@dataclass(frozen=True, slots=True)
class IndexedText:
    """The words of an article: folded, and as written."""

    folded: str
    exact: str


def index_text(title: str, body: str) -> IndexedText:
    """Return what the index holds of a title and the text of a content (`html_to_text`)."""
    return IndexedText(*fold_both(f"{title} {body}"))


@dataclass(frozen=True, slots=True)
class IndexUpdate:
    """An article as it was stored and as it is now; `indexed` is the text of the new one where it is at hand."""

    before: Article | None
    after: Article
    indexed: IndexedText | None = None


def update_index(db: Database, updates: Iterable[IndexUpdate]) -> None:
    """Take the stored versions of articles out of the index and put in the new ones, each if it is published.

    Many at once are far cheaper, with nothing else between them: any savepoint, and any statement that changes many
    rows, makes FTS5 write out what it has gathered.
    """
    changes = [
        (
            _index_values(update.before) if update.before is not None and update.before.state == "published" else None,
            _index_values(update.after, update.indexed) if update.after.state == "published" else None,
        )
        for update in updates
    ]
    _save_words(db, (after for _, after in changes if after is not None))
    for before, after in changes:
        if before is not None:
            db.execute(_REMOVE, before)
        if after is not None:
            db.execute(_ADD, after)


_ADD = "INSERT INTO search (rowid, folded, exact, filters) VALUES (?, ?, ?, ?)"
_REMOVE = "INSERT INTO search (search, rowid, folded, exact, filters) VALUES ('delete', ?, ?, ?, ?)"


def _save_words(db: Database, added: Iterable[_IndexValues]) -> None:
    """Keep the words of what is added to the index; those that nobody has any more do no harm."""
    words: set[str] = set()
    for _, folded, exact, _ in added:
        words.update(folded.split(), exact.split())
    db.execute(
        "INSERT INTO search_words (word) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
        [json.dumps(sorted(word for word in words if len(word) >= LEAST_BEGINNING), ensure_ascii=False)],
    )


def _index_values(article: Article, indexed: IndexedText | None = None) -> _IndexValues:
    indexed = indexed or index_text(article.title, html_to_text(article.content_html))
    filters = [f"ward{article.ward.id}", *(f"category{category.id}" for category in article.categories)]
    return _rowid(article), indexed.folded, indexed.exact, " ".join(filters)


def _rowid(article: Article) -> int:
    return to_seconds(article.published) << _ID_BITS | article.id


def is_index_current(db: Database) -> bool:
    """Tell if the index was built by the rules of this version."""
    return find_fact(db, "search_index") == INDEX_VERSION


def rebuild_index(db: Database) -> None:
    """Build the index of all published articles anew."""
    db.execute("INSERT INTO search (search) VALUES ('delete-all')")
    db.execute("DELETE FROM search_words")
    # Some thousand at once: FTS5 gathers them, and the texts of all would be too many to hold.
    for articles in _batch(list_published(db), 2_000):
        update_index(db, (IndexUpdate(None, article) for article in articles))
    record_fact(db, "search_index", INDEX_VERSION)


def _batch(articles: Iterator[Article], size: int) -> Iterator[list[Article]]:
    while batch := list(islice(articles, size)):
        yield batch


@dataclass(frozen=True, slots=True)
class Lookup:
    """A search made ready for the index: what list_found and count_found run.

    `exactly`: the accents are those that were typed. `match` is empty where there is nothing to look for.
    """

    phrases: tuple[Phrase, ...]
    exactly: bool
    match: str
    first_rowid: int
    end_rowid: int
    area_key: str | None


def prepare_search(db: Database, search: Search) -> Lookup:
    """Decide how to look: where accents were typed, for just these if anything at all has them; else without."""
    phrases = parse_phrases(search.text)
    lookup = Lookup(
        phrases,
        exactly=False,
        match=_build_match(db, search, phrases, exactly=False) if phrases else "",
        first_rowid=_first_rowid(search.since) if search.since else 0,
        end_rowid=_first_rowid(search.until, later=1) if search.until else 2**63 - 1,
        area_key=Scope(area=search.area).key if search.area else None,
    )
    if any(phrase.has_accents for phrase in phrases):
        exact = replace(lookup, exactly=True, match=_build_match(db, search, phrases, exactly=True))
        if _list_ids(db, exact, limit=1):
            return exact
    return lookup


def list_found(db: Database, lookup: Lookup, *, limit: int, before: Article | None = None) -> list[Article]:
    """List the newest published articles that have every phrase, those older than `before` where it is given."""
    end = min(lookup.end_rowid, _rowid(before)) if before else lookup.end_rowid
    return list_articles(db, _list_ids(db, replace(lookup, end_rowid=end), limit=limit))


def count_found(db: Database, lookup: Lookup, since: datetime, *, most: int) -> int:
    """Count what is found and was published at or after `since`, up to `most`."""
    first = max(lookup.first_rowid, to_seconds(since) << _ID_BITS)
    return len(_list_ids(db, replace(lookup, first_rowid=first), limit=most))


# One walk down the index, newest first, that ends at the limit. Wards and categories are words of the index; areas are
# not, for they change without their articles.
_FOUND = f"""
SELECT rowid FROM search
WHERE search MATCH :match AND rowid >= :first AND rowid < :end
  AND (:area_key IS NULL OR EXISTS (
    SELECT 1 FROM listings WHERE scope_id = (SELECT id FROM scopes WHERE key = :area_key)
      AND published = search.rowid >> {_ID_BITS} AND article_id = search.rowid & {_ID_MASK}))
ORDER BY rowid DESC LIMIT :limit
"""


def _list_ids(db: Database, lookup: Lookup, *, limit: int) -> list[int]:
    if not lookup.match:
        return []
    values = {
        "match": lookup.match,
        "first": lookup.first_rowid,
        "end": lookup.end_rowid,
        "area_key": lookup.area_key,
        "limit": limit,
    }
    return [row["rowid"] & _ID_MASK for row in db.execute(_FOUND, values)]


def _first_rowid(day: date, *, later: int = 0) -> int:
    """Return the least rowid of a day in Việt Nam, or of so many days later; any date is good, also 0001-01-01."""
    start = datetime.combine(min(max(day, _FIRST_DAY), _LAST_DAY), time(), VIETNAM) + timedelta(days=later)
    return to_seconds(start) << _ID_BITS


def _build_match(db: Database, search: Search, phrases: Iterable[Phrase], *, exactly: bool) -> str:
    """Return an FTS5 query. Folded words hold letters and digits only; in quotes none of them is an operator."""
    # A mark without a letter has a folded form and no exact one.
    keys = [(phrase.exact if exactly else phrase.folded, phrase.is_prefix) for phrase in phrases]
    words = " AND ".join(_match_beginning(db, key) if is_prefix else f'"{key}"' for key, is_prefix in keys if key)
    if not words:
        return ""
    parts = [f"{{{'exact' if exactly else 'folded'}}} : ({words})"]
    if search.ward is not None:
        wards = " OR ".join(f'"ward{ward_id}"' for ward_id in _list_names_of_unit(db, search.ward))
        parts.append(f"{{filters}} : ({wards})")
    if search.category is not None:
        parts.append(f'{{filters}} : "category{search.category.id}"')
    return " AND ".join(parts)


def _match_beginning(db: Database, key: str) -> str:
    """Return an FTS5 query for words side by side of which the last may go on.

    FTS5's own `*` gathers every article with any such word before it gives the first: 100 ms of a hundred thousand
    articles, where "any of these words" begins with the newest at once.
    """
    before, space, beginning = key.rpartition(" ")
    words = dict.fromkeys([beginning, *_list_words(db, beginning)])
    return "(" + " OR ".join(f'"{before}{space}{word}"' for word in words) + ")"


# Three letters begin 25 syllables at the most; names and numbers may be more. The first of them are looked for.
_MOST_WORDS = 200


def _list_words(db: Database, beginning: str) -> list[str]:
    """List the words that begin so, in order, up to a limit."""
    rows = db.execute(
        "SELECT word FROM search_words WHERE word >= ? AND word < ? ORDER BY word LIMIT ?",
        [beginning, beginning + "\U0010ffff", _MOST_WORDS],
    )
    return [row["word"] for row in rows]


def _list_names_of_unit(db: Database, ward: Ward) -> list[int]:
    """List the ids of the ward and of those that were renamed to it: its feed has their articles, so its search too."""
    rows = db.execute(
        "WITH RECURSIVE earlier (id) AS (SELECT ? UNION SELECT s.ward_id FROM successions AS s"
        " JOIN earlier ON s.successor_id = earlier.id WHERE s.kind = 'renamed') SELECT id FROM earlier",
        [ward.id],
    )
    return [row["id"] for row in rows]
