-- Let the change log say that something was hidden, is shown again, or has other members.

CREATE TABLE changes_3 (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN (
    'published', 'corrected', 'withdrawn', 'restored', 'opened', 'renamed', 'closed', 'hidden', 'shown', 'members'
  )),
  article_id INTEGER REFERENCES articles (id),
  ward_id INTEGER REFERENCES wards (id),
  area_id INTEGER REFERENCES areas (id),
  category_id INTEGER REFERENCES categories (id),
  changed_at INTEGER NOT NULL,
  CHECK ((article_id IS NOT NULL) + (ward_id IS NOT NULL) + (area_id IS NOT NULL) + (category_id IS NOT NULL) = 1)
) STRICT;

INSERT INTO changes_3 (seq, kind, article_id, ward_id, area_id, category_id, changed_at)
SELECT seq, kind, article_id, ward_id, area_id, category_id, changed_at FROM changes;

DROP TABLE changes;

ALTER TABLE changes_3 RENAME TO changes;

CREATE INDEX changes_by_article ON changes (article_id) WHERE article_id IS NOT NULL
