"""Query and update the search index of published articles.

`articles.ingest` keeps it in step with the table `articles`. The table `search` is contentless FTS5: it holds no text,
so a removal needs exactly the values that were inserted. Therefore the values are a function of the stored article
alone (`_index_values`).
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

# Raise the number if `_index_values` returns other values for the same article: the next start then rebuilds the index.
# The values also depend on Python's Unicode tables.
INDEX_VERSION = f"1/{unicodedata.unidata_version}"

# rowid is published << 30 | id: order by rowid is order by time, and a range of days is a range of rowids.
_ID_BITS = 30
_ID_MASK = (1 << _ID_BITS) - 1
_IndexValues = tuple[int, str, str, str]  # rowid, folded, exact, filters
_FIRST_DAY, _LAST_DAY = date(1971, 1, 1), date(2200, 12, 31)


@dataclass(frozen=True, slots=True)
class IndexedText:
    """The words of an article as `fold` and as `fold_exactly` return them."""

    folded: str
    exact: str


def index_text(title: str, body: str) -> IndexedText:
    """Return the words that the index holds of a title and a content as text (`html_to_text`)."""
    return IndexedText(*fold_both(f"{title} {body}"))


@dataclass(frozen=True, slots=True)
class IndexUpdate:
    """An article before (None: new) and after a change; `indexed` is the text of `after` if already computed."""

    before: Article | None
    after: Article
    indexed: IndexedText | None = None


def update_index(db: Database, updates: Iterable[IndexUpdate]) -> None:
    """Remove the previous versions of articles from the index and add the new ones, each only if it is published.

    One call for many articles is far cheaper, without other statements in between: any savepoint, and any statement
    that changes many rows, makes FTS5 write out its pending data.
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
    """Store the words of articles that are added to the index; words that no article has any more do no harm."""
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
    """Rebuild the index of all published articles."""
    db.execute("INSERT INTO search (search) VALUES ('delete-all')")
    db.execute("DELETE FROM search_words")
    # In batches: FTS5 collects the data of one batch, and the texts of all articles would not fit into memory.
    for articles in _batch(list_published(db), 2_000):
        update_index(db, (IndexUpdate(None, article) for article in articles))
    record_fact(db, "search_index", INDEX_VERSION)


def _batch(articles: Iterator[Article], size: int) -> Iterator[list[Article]]:
    while batch := list(islice(articles, size)):
        yield batch


@dataclass(frozen=True, slots=True)
class Lookup:
    """A search prepared for the index, to be run by list_found and count_found.

    `exactly`: accents must match those of the query. `match` is empty if the query has no phrase.
    """

    phrases: tuple[Phrase, ...]
    exactly: bool
    match: str
    first_rowid: int
    end_rowid: int
    area_key: str | None


def prepare_search(db: Database, search: Search) -> Lookup:
    """Prepare a search: with the typed accents if any article matches them, otherwise without accents."""
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
    """List the newest published articles that contain every phrase, only those older than `before` if it is given."""
    end = min(lookup.end_rowid, _rowid(before)) if before else lookup.end_rowid
    return list_articles(db, _list_ids(db, replace(lookup, end_rowid=end), limit=limit))


def count_found(db: Database, lookup: Lookup, since: datetime, *, most: int) -> int:
    """Count the articles that are found and were published at or after `since`, up to `most`."""
    first = max(lookup.first_rowid, to_seconds(since) << _ID_BITS)
    return len(_list_ids(db, replace(lookup, first_rowid=first), limit=most))


# One scan of the index, newest first, that stops at the limit. Wards and categories are words of the index; areas are
# not, because their members change without a change of the articles.
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
    """Return the least rowid of a day in Việt Nam, `later` days after `day`; any date is valid, even 0001-01-01."""
    start = datetime.combine(min(max(day, _FIRST_DAY), _LAST_DAY), time(), VIETNAM) + timedelta(days=later)
    return to_seconds(start) << _ID_BITS


def _build_match(db: Database, search: Search, phrases: Iterable[Phrase], *, exactly: bool) -> str:
    """Return an FTS5 query. Folded words contain only letters and digits; in quotes, none of them is an operator."""
    # A combining mark without a letter has a folded form but no exact form.
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
    """Return an FTS5 query for adjacent words of which the last may continue.

    FTS5's own `*` collects all articles with any such word before it returns the first: 100 ms for a hundred thousand
    articles. A query for "any of these words" returns the newest at once.
    """
    before, space, beginning = key.rpartition(" ")
    words = dict.fromkeys([beginning, *_list_words(db, beginning)])
    return "(" + " OR ".join(f'"{before}{space}{word}"' for word in words) + ")"


# Three letters begin at most 25 syllables, but possibly more names and numbers; only the first words are searched for.
_MOST_WORDS = 200


def _list_words(db: Database, beginning: str) -> list[str]:
    """List the words with this beginning, in order, up to _MOST_WORDS."""
    rows = db.execute(
        "SELECT word FROM search_words WHERE word >= ? AND word < ? ORDER BY word LIMIT ?",
        [beginning, beginning + "\U0010ffff", _MOST_WORDS],
    )
    return [row["word"] for row in rows]


def _list_names_of_unit(db: Database, ward: Ward) -> list[int]:
    """List the ids of the ward and of all wards renamed to it, because its feed has their articles too."""
    rows = db.execute(
        "WITH RECURSIVE earlier (id) AS (SELECT ? UNION SELECT s.ward_id FROM successions AS s"
        " JOIN earlier ON s.successor_id = earlier.id WHERE s.kind = 'renamed') SELECT id FROM earlier",
        [ward.id],
    )
    return [row["id"] for row in rows]
