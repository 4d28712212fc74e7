-- Let the beginning of a word, counts, and the lists of clerks and programs cost the same among millions.

-- Every word of three letters or more that the index has or had, folded and as written: for its beginning.
CREATE TABLE search_words (
  word TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE temp.words_by_column USING fts5vocab (main, search, col);

INSERT INTO search_words (word)
  SELECT DISTINCT term FROM temp.words_by_column WHERE col IN ('folded', 'exact') AND length(term) >= 3 ORDER BY term;

DROP TABLE temp.words_by_column;

-- How many articles are in each state, kept by triggers: to count them reads them all.
CREATE TABLE article_counts (
  state TEXT PRIMARY KEY,
  articles INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO article_counts (state, articles) SELECT state, count(*) FROM articles GROUP BY state;

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

-- What a clerk's list shows: the articles of a ward as they were entered; the few of a state that is not the usual one.
CREATE INDEX articles_by_ward_and_id ON articles (ward_id);

CREATE INDEX unpublished_by_time ON articles (state, published) WHERE state <> 'published';

CREATE INDEX unpublished_by_ward ON articles (ward_id, state) WHERE state <> 'published'
