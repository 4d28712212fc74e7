-- Count what appears in each scope: an archive document holds a hundred places of that order, and never gains an entry.

-- The last place that a scope has given to an article.
ALTER TABLE scopes ADD COLUMN last_position INTEGER NOT NULL DEFAULT 0;

-- A place is given once. Who left the scope keeps it, and returns to it.
CREATE TABLE appearances (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  position INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  PRIMARY KEY (scope_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO appearances (scope_id, position, article_id)
SELECT scope_id, row_number() OVER (PARTITION BY scope_id ORDER BY appeared, article_id), article_id
FROM (
  SELECT scope_id, appeared, article_id FROM listings
  UNION SELECT t.scope_id, a.appeared, t.article_id FROM tombstones AS t JOIN articles AS a ON a.id = t.article_id
);

CREATE UNIQUE INDEX appearances_by_article ON appearances (article_id, scope_id);

UPDATE scopes SET last_position =
  coalesce((SELECT max(position) FROM appearances WHERE scope_id = scopes.id), 0);

-- The last change of any article of each hundred: the validator of its archive document is one read.
CREATE TABLE blocks (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  number INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (scope_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO blocks (scope_id, number, seq, changed_at)
SELECT
  p.scope_id,
  (p.position + 99) / 100,
  max(coalesce((SELECT max(c.seq) FROM changes AS c WHERE c.article_id = p.article_id), 0)),
  max(a.changed_at)
FROM appearances AS p JOIN articles AS a ON a.id = p.article_id GROUP BY 1, 2
