"""Check that an article can be rendered in every format before it is saved, so that no article breaks a feed."""

from ..feeds import FORMATS, build_entry
from ..models import Article, Site
from ..problems import Problem, RejectedError


def check_rendering(article: Article, site: Site) -> None:
    """Raise RejectedError if the article cannot be rendered in every format."""
    entry = build_entry(article, site=site)
    checks = {item.check: item for item in reversed(FORMATS.values())}
    for item in reversed(checks.values()):
        try:
            item.check(entry)
        # The libraries of the renderers do not document which exceptions they raise; any of them rejects the article.
        except Exception as error:
            raise RejectedError(Problem("content", "not_renderable", f"{item.label}: {error}")) from error
