"""The check that keeps feeds alive: an article is written in every format before it is saved."""

from ..feeds import FORMATS, build_entry
from ..models import Article, Site
from ..problems import Problem, RejectedError


def check_rendering(article: Article, site: Site) -> None:
    """Refuse what cannot be rendered in every format: no article can take a feed down. Raises RejectedError."""
    entry = build_entry(article, site=site)
    checks = {item.check: item for item in reversed(FORMATS.values())}
    for item in reversed(checks.values()):
        try:
            item.check(entry)
        # The renderers' libraries document no closed set of exceptions; whatever they raise is a reason to refuse.
        except Exception as error:
            raise RejectedError(Problem("content", "not_renderable", f"{item.label}: {error}")) from error
