"""Django's syndication framework over the same rows, with GZipMiddleware and ConditionalGetMiddleware."""

from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings

from bench.contenders.latest import ABOUT, DATABASE, LATEST, SITE, TITLE

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="a benchmark has no secrets",
    ROOT_URLCONF=__name__,
    LANGUAGE_CODE="vi",
    TIME_ZONE="Asia/Ho_Chi_Minh",
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.gzip.GZipMiddleware", "django.middleware.http.ConditionalGetMiddleware"],
    DATABASES={
        # Connections are kept, as ours are; Django's default opens one for every request.
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE, "CONN_MAX_AGE": None}
    },
)
django.setup()

from django.contrib.syndication.views import Feed  # noqa: E402 - they need the settings
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402


class Article(models.Model):
    """The table of feedsvc, read-only; times are seconds, and `label` is that of the first category."""

    guid = models.TextField()
    title = models.TextField()
    slug = models.TextField()
    author = models.TextField()
    content_html = models.TextField()
    published = models.IntegerField()
    updated = models.IntegerField()
    label: str

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "articles"


class Latest(Feed):
    title, description, link, feed_url = TITLE, ABOUT, f"{SITE}/", f"{SITE}/rss.xml"
    item_guid_is_permalink = False

    def items(self) -> Any:
        return Article.objects.raw(LATEST)

    def item_title(self, item: Article) -> str:
        return item.title

    def item_description(self, item: Article) -> str:
        return item.content_html

    def item_link(self, item: Article) -> str:
        return f"{SITE}/articles/{item.id}/{item.slug}"

    def item_guid(self, item: Article) -> str:
        return item.guid

    def item_author_name(self, item: Article) -> str:
        return item.author

    def item_pubdate(self, item: Article) -> datetime:
        return datetime.fromtimestamp(item.published, UTC)

    def item_updateddate(self, item: Article) -> datetime:
        return datetime.fromtimestamp(item.updated, UTC)

    def item_categories(self, item: Article) -> list[str]:
        return [item.label]


urlpatterns = [path("rss.xml", Latest())]
app = get_wsgi_application()
