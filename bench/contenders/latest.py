"""Query the articles that every contender shows: the latest 30, from feedsvc's own database, with its own index."""

import os
from pathlib import Path

DATABASE = Path(os.environ["FEEDSVC_INSTANCE"]) / "feedsvc.db"
SITE = "https://tin.example.vn"
TITLE = "Tin phường, xã"
ABOUT = "Tin tức, thông báo của các phường, xã"
ENTRIES = 30

LATEST = f"""
    SELECT articles.*, categories.label FROM listings
    JOIN articles ON articles.id = listings.article_id
    LEFT JOIN article_categories ON article_categories.article_id = articles.id AND article_categories.position = 0
    LEFT JOIN categories ON categories.id = category_id
    WHERE scope_id = (SELECT id FROM scopes WHERE key = 'everything')
    ORDER BY listings.published DESC, listings.article_id DESC LIMIT {ENTRIES}
"""
