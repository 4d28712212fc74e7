-- Add media and images of articles, API tokens, and what a withdrawal leaves in a scope.

ALTER TABLE articles ADD COLUMN language TEXT NOT NULL DEFAULT 'vi';

-- What the editor says of the last correction, for the article's page.
ALTER TABLE articles ADD COLUMN correction_note TEXT NOT NULL DEFAULT '';

-- Files in the media folder, named by their SHA-256; the file is there before the row.
CREATE TABLE media (
  hash TEXT PRIMARY KEY,
  extension TEXT NOT NULL,
  media_type TEXT NOT NULL,
  length INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- An image is a file of ours (media_hash) or stands elsewhere (url); what is not known of it is NULL.
CREATE TABLE article_images (
  article_id INTEGER NOT NULL REFERENCES articles (id),
  position INTEGER NOT NULL,
  media_hash TEXT REFERENCES media (hash),
  url TEXT NOT NULL,
  media_type TEXT,
  length INTEGER,
  width INTEGER,
  height INTEGER,
  caption TEXT NOT NULL,
  credit TEXT NOT NULL,
  alt TEXT NOT NULL,
  PRIMARY KEY (article_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX article_images_by_media ON article_images (media_hash) WHERE media_hash IS NOT NULL;

-- What a withdrawn article leaves in each scope that showed it.
CREATE TABLE tombstones (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  withdrawn_at INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  PRIMARY KEY (scope_id, withdrawn_at, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_article ON tombstones (article_id);

-- token_hash is SHA-256 of what the client sends. A token writes for one ward, one area, or (both NULL) for all.
CREATE TABLE tokens (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  token_hash TEXT NOT NULL UNIQUE,
  ward_id INTEGER REFERENCES wards (id),
  area_id INTEGER REFERENCES areas (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER,
  CHECK (ward_id IS NULL OR area_id IS NULL)
) STRICT;

-- The answer to a request, for the client that sends it again because the answer was lost.
CREATE TABLE idempotency_keys (
  token_id INTEGER NOT NULL REFERENCES tokens (id),
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID
