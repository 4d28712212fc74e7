-- Let slugs pass on and redirect, let the change log speak of wards, areas and categories; add the search index.

-- A slug that somebody had: its URLs redirect to whoever it was, unless another one has it now.
CREATE TABLE former_slugs (
  kind TEXT NOT NULL CHECK (kind IN ('ward', 'area', 'category')),
  slug TEXT NOT NULL,
  target_id INTEGER NOT NULL,
  PRIMARY KEY (kind, slug)
) STRICT, WITHOUT ROWID;

-- Hidden: in no list any more; what is subscribed to goes on.
ALTER TABLE areas ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

ALTER TABLE categories ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

CREATE TABLE changes_2 (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('published', 'corrected', 'withdrawn', 'restored', 'opened', 'renamed', 'closed')),
  article_id INTEGER REFERENCES articles (id),
  ward_id INTEGER REFERENCES wards (id),
  area_id INTEGER REFERENCES areas (id),
  category_id INTEGER REFERENCES categories (id),
  changed_at INTEGER NOT NULL,
  CHECK ((article_id IS NOT NULL) + (ward_id IS NOT NULL) + (area_id IS NOT NULL) + (category_id IS NOT NULL) = 1)
) STRICT;

INSERT INTO changes_2 (seq, kind, article_id, changed_at) SELECT seq, kind, article_id, changed_at FROM changes;

DROP TABLE changes;

ALTER TABLE changes_2 RENAME TO changes;

CREATE INDEX changes_by_article ON changes (article_id) WHERE article_id IS NOT NULL;

-- The words of published articles, folded and as written. Contentless: what is taken out must be given as it went in.
-- rowid is published << 30 | id: by rowid is by time, a span of days is a span of rowids.
CREATE VIRTUAL TABLE search USING fts5 (
  folded, exact, filters, content = '', tokenize = "unicode61 remove_diacritics 0"
)
