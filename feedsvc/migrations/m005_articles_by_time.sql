-- Let the API list articles of all wards and states, newest first, from one range of an index.

CREATE INDEX articles_by_time ON articles (published)
