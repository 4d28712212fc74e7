-- Create the registry, articles, scopes, the change log and users.

-- Facts of this instance that must outlive its settings: tag_authority, tag_date, created_at.
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
) STRICT;

-- A ward belongs to an area in this time; NULL: as long as the ward itself existed.
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
) STRICT;

CREATE TABLE category_aliases (
  folded TEXT PRIMARY KEY,
  category_id INTEGER NOT NULL REFERENCES categories (id)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: an id is part of the guid and must never be given twice.
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
  withdrawn_reason TEXT NOT NULL DEFAULT '',
  CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL))
) STRICT;

CREATE INDEX articles_due ON articles (published) WHERE state = 'scheduled';

CREATE INDEX articles_by_ward ON articles (ward_id, published);

-- label is NULL where it is the category's own; else the heading of a section that we do not know.
CREATE TABLE article_categories (
  article_id INTEGER NOT NULL REFERENCES articles (id),
  position INTEGER NOT NULL,
  category_id INTEGER NOT NULL REFERENCES categories (id),
  label TEXT,
  PRIMARY KEY (article_id, position),
  UNIQUE (article_id, category_id)
) STRICT, WITHOUT ROWID;

-- What a feed can be about; a row appears with its first article. seq is that of the last change in it.
CREATE TABLE scopes (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

-- What a scope shows: the latest N are one range of this index.
CREATE TABLE listings (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  published INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  PRIMARY KEY (scope_id, published, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX listings_by_article ON listings (article_id);

CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('published', 'corrected', 'withdrawn', 'restored')),
  article_id INTEGER NOT NULL REFERENCES articles (id),
  changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX changes_by_article ON changes (article_id);

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'clerk')),
  ward_id INTEGER REFERENCES wards (id),
  created_at INTEGER NOT NULL,
  CHECK ((role = 'clerk') = (ward_id IS NOT NULL))
) STRICT;

-- token_hash is SHA-256 of what the cookie carries: a stolen database opens no session.
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

CREATE INDEX failed_logins_by_name ON failed_logins (name, failed_at)
