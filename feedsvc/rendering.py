"""The check that keeps feeds alive: an article is rendered in every format before it is saved."""

from .errors import Problem, RejectedError
from .feeds import FORMATS, build_feed
from .models import Article, Scope, Site


def check_rendering(article: Article, site: Site) -> None:
    """Refuse what cannot be rendered in every format: no article can take a feed down. Raises RejectedError."""
    feed = build_feed(Scope(ward=article.ward), [article], site=site, updated=article.updated)
    for item in FORMATS.values():
        try:
            item.render(feed, feed.url + item.filename)
        # The renderers' libraries document no closed set of exceptions; whatever they raise is a reason to refuse.
        except Exception as error:
            raise RejectedError(Problem("content", "not_renderable", f"{item.label}: {error}")) from error
