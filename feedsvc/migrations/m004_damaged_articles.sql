-- Add the list of articles that were damaged after they were stored, for operators.

-- Articles that could not be rendered when a feed or page was built; they are left out of it, and looked at by `check`.
CREATE TABLE damaged_articles (
  article_id INTEGER PRIMARY KEY,
  reason TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT
