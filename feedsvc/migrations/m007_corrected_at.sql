-- When an article was last corrected, apart from when it last changed in any way: a return after a withdrawal is none.
ALTER TABLE articles ADD COLUMN corrected_at INTEGER;

-- The change log knows every correction since the first version.
UPDATE articles SET corrected_at =
  (SELECT max(c.changed_at) FROM changes AS c WHERE c.article_id = articles.id AND c.kind = 'corrected')
  WHERE id IN (SELECT article_id FROM changes WHERE kind = 'corrected')
