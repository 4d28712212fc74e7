"""Flask and feedgen as in a tutorial: read, build and compress the feed for every request, without an entity tag."""

import gzip
import sqlite3
from datetime import UTC, datetime

from feedgen.feed import FeedGenerator
from flask import Flask, Response, request

from bench.contenders.latest import ABOUT, DATABASE, LATEST, SITE, TITLE

app = Flask(__name__)


@app.get("/rss.xml")
def rss() -> Response:
    db = sqlite3.connect(DATABASE)
    db.row_factory = sqlite3.Row
    rows = db.execute(LATEST).fetchall()
    db.close()
    feed = FeedGenerator()
    feed.id(f"{SITE}/")
    feed.title(TITLE)
    feed.description(ABOUT)
    feed.link(href=f"{SITE}/rss.xml", rel="self")
    feed.link(href=f"{SITE}/", rel="alternate")
    feed.language("vi")
    for row in rows:
        entry = feed.add_entry(order="append")
        entry.guid(row["guid"])
        entry.title(row["title"])
        entry.link(href=f"{SITE}/articles/{row['id']}/{row['slug']}")
        entry.author(name=row["author"], email="tin@example.vn")
        entry.category(term=row["label"])
        entry.description(row["summary"], isSummary=True)
        entry.content(row["content_html"], type="CDATA")
        entry.published(datetime.fromtimestamp(row["published"], UTC))
        entry.updated(datetime.fromtimestamp(row["updated"], UTC))
    response = Response(feed.rss_str(), mimetype="application/rss+xml")
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(response.get_data(), 6))
        response.content_encoding = "gzip"
    return response
