CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE wards (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL CHECK (length(code) = 5),
  valid_from TEXT NOT NULL,
  valid_to TEXT CHECK (valid_to >= valid_from),
  kind TEXT NOT NULL CHECK (kind IN ('phuong', 'xa', 'thi-tran', 'dac-khu')),
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  UNIQUE (code, valid_from)
) STRICT;

CREATE TABLE successions (
  ward_id INTEGER NOT NULL REFERENCES wards (id),
  successor_id INTEGER NOT NULL REFERENCES wards (id),
  "on" TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('renamed', 'merged', 'split')),
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  legal_basis TEXT NOT NULL,
  PRIMARY KEY (ward_id, successor_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX successions_by_successor ON successions (successor_id);

CREATE TABLE areas (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  valid_from TEXT,
  valid_to TEXT
, hidden INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE area_members (
  area_id INTEGER NOT NULL REFERENCES areas (id),
  ward_id INTEGER NOT NULL REFERENCES wards (id),
  valid_from TEXT,
  valid_to TEXT,
  PRIMARY KEY (area_id, ward_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX area_members_by_ward ON area_members (ward_id);

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  position INTEGER NOT NULL
, hidden INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE category_aliases (
  folded TEXT PRIMARY KEY,
  category_id INTEGER NOT NULL REFERENCES categories (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE articles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  guid TEXT NOT NULL UNIQUE,
  identity TEXT NOT NULL UNIQUE,
  ward_id INTEGER NOT NULL REFERENCES wards (id),
  title TEXT NOT NULL CHECK (title <> ''),
  slug TEXT NOT NULL,
  summary TEXT NOT NULL,
  content_html TEXT NOT NULL,
  author TEXT NOT NULL CHECK (author <> ''),
  published INTEGER NOT NULL,
  published_has_time INTEGER NOT NULL CHECK (published_has_time IN (0, 1)),
  updated INTEGER NOT NULL CHECK (updated >= published),
  source_url TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn')),
  view_count INTEGER,
  ingested_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  withdrawn_at INTEGER,
  withdrawn_reason TEXT NOT NULL DEFAULT '', language TEXT NOT NULL DEFAULT 'vi', correction_note TEXT NOT NULL DEFAULT '', corrected_at INTEGER, appeared INTEGER,
  CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL))
) STRICT;

CREATE INDEX articles_due ON articles (published) WHERE state = 'scheduled';

CREATE INDEX articles_by_ward ON articles (ward_id, published);

CREATE TABLE article_categories (
  article_id INTEGER NOT NULL REFERENCES articles (id),
  position INTEGER NOT NULL,
  category_id INTEGER NOT NULL REFERENCES categories (id),
  label TEXT,
  PRIMARY KEY (article_id, position),
  UNIQUE (article_id, category_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE scopes (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
, last_position INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'clerk')),
  ward_id INTEGER REFERENCES wards (id),
  created_at INTEGER NOT NULL,
  CHECK ((role = 'clerk') = (ward_id IS NOT NULL))
) STRICT;

CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE failed_logins (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE,
  address TEXT NOT NULL,
  failed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX failed_logins_by_name ON failed_logins (name, failed_at);

CREATE TABLE former_slugs (
  kind TEXT NOT NULL CHECK (kind IN ('ward', 'area', 'category')),
  slug TEXT NOT NULL,
  target_id INTEGER NOT NULL,
  PRIMARY KEY (kind, slug)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (
  folded, exact, filters, content = '', tokenize = "unicode61 remove_diacritics 0"
);

CREATE TABLE 'search_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE 'search_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'search_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE media (
  hash TEXT PRIMARY KEY,
  extension TEXT NOT NULL,
  media_type TEXT NOT NULL,
  length INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

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

CREATE TABLE tombstones (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  withdrawn_at INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  PRIMARY KEY (scope_id, withdrawn_at, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_article ON tombstones (article_id);

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

CREATE TABLE idempotency_keys (
  token_id INTEGER NOT NULL REFERENCES tokens (id),
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE damaged_articles (
  article_id INTEGER PRIMARY KEY,
  reason TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT;

CREATE INDEX articles_by_time ON articles (published);

CREATE TABLE search_words (
  word TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE article_counts (
  state TEXT PRIMARY KEY,
  articles INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
  INSERT INTO article_counts (state, articles) VALUES (new.state, 1)
    ON CONFLICT (state) DO UPDATE SET articles = articles + 1;
END;

CREATE TRIGGER article_moved AFTER UPDATE OF state ON articles WHEN new.state <> old.state BEGIN
  UPDATE article_counts SET articles = articles - 1 WHERE state = old.state;
  INSERT INTO article_counts (state, articles) VALUES (new.state, 1)
    ON CONFLICT (state) DO UPDATE SET articles = articles + 1;
END;

CREATE TRIGGER article_removed AFTER DELETE ON articles BEGIN
  UPDATE article_counts SET articles = articles - 1 WHERE state = old.state;
END;

CREATE INDEX articles_by_ward_and_id ON articles (ward_id);

CREATE INDEX unpublished_by_time ON articles (state, published) WHERE state <> 'published';

CREATE INDEX unpublished_by_ward ON articles (ward_id, state) WHERE state <> 'published';

CREATE INDEX failed_logins_by_address ON failed_logins (address, failed_at);

CREATE TABLE login_networks (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  network TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, network)
) STRICT, WITHOUT ROWID;

CREATE TABLE "changes" (
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

CREATE INDEX changes_by_article ON changes (article_id) WHERE article_id IS NOT NULL;

CREATE TABLE "listings" (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  published INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  appeared INTEGER NOT NULL,
  PRIMARY KEY (scope_id, published, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX listings_by_article ON listings (article_id);

CREATE INDEX listings_by_arrival ON listings (scope_id, appeared, article_id);

CREATE TABLE appearances (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  position INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  PRIMARY KEY (scope_id, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX appearances_by_article ON appearances (article_id, scope_id);

CREATE TABLE blocks (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  number INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (scope_id, number)
) STRICT, WITHOUT ROWID;
