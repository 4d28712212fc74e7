-- Keep when each article first became public, apart from the time that it bears: subscribers read in order of arrival.

-- NULL: it was never public.
ALTER TABLE articles ADD COLUMN appeared INTEGER;

-- What was there before counts as if it had appeared at the time that it bears, so no feed shows anything else.
UPDATE articles SET appeared = published WHERE state IN ('published', 'withdrawn');

CREATE TABLE listings_2 (
  scope_id INTEGER NOT NULL REFERENCES scopes (id),
  published INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  appeared INTEGER NOT NULL,
  PRIMARY KEY (scope_id, published, article_id)
) STRICT, WITHOUT ROWID;

INSERT INTO listings_2 (scope_id, published, article_id, appeared)
SELECT scope_id, published, article_id, published FROM listings ORDER BY scope_id, published, article_id;

DROP TABLE listings;

ALTER TABLE listings_2 RENAME TO listings;

CREATE INDEX listings_by_article ON listings (article_id);

-- What a subscription document shows is one range of this index.
CREATE INDEX listings_by_arrival ON listings (scope_id, appeared, article_id)
