"""List, show, withdraw and restore articles from the terminal."""

import click

from ..articles.ingest import restore as restore_article
from ..articles.ingest import withdraw as withdraw_article
from ..errors import NotFoundError
from ..models import VIETNAM, Article
from ..store.articles import get_article, list_for_editing
from ..store.wards import get_ward
from .context import get_now, open_instance


@click.group()
def articles() -> None:
    """List, show, withdraw and restore articles."""


def _line(article: Article) -> str:
    published = article.published.astimezone(VIETNAM)
    return f"{article.id:>7}  {published:%Y-%m-%d %H:%M}  {article.state:<9}  {article.ward.slug}  {article.title}"


@articles.command("list")
@click.option("--ward", metavar="SLUG", help="Only articles of this ward.")
@click.option(
    "--state", type=click.Choice(["draft", "scheduled", "published", "withdrawn"]), help="Only articles in this state."
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def list_command(ward: str | None, state: str | None, limit: int) -> None:
    """List articles, the most recently added first."""
    with open_instance() as work:
        ward_id = get_ward(work.db, ward).id if ward else None
        for article in list_for_editing(work.db, ward_id=ward_id, state=state, limit=limit):  # type: ignore[arg-type]
            click.echo(_line(article))


@articles.command()
@click.argument("article_id", type=int)
def show(article_id: int) -> None:
    """Show one article completely."""
    with open_instance() as work:
        article = get_article(work.db, article_id)
        click.echo(_line(article))
        labels = ", ".join(category.label for category in article.categories)
        click.echo(f"guid {article.guid}\nidentity {article.identity}\nupdated {article.updated.isoformat()}")
        click.echo(f"categories {labels}\nauthor {article.author}\nviews {article.view_count}")
        if article.withdrawn_at is not None:
            click.echo(f"withdrawn {article.withdrawn_at.isoformat()}: {article.withdrawn_reason}")
        click.echo(f"\n{article.content_html}")


@articles.command()
@click.argument("article_id", type=int)
@click.option("--reason", required=True, help="The reason; readers see it.")
def withdraw(article_id: int, reason: str) -> None:
    """Remove an article from every feed and list; its own page shows the reason."""
    with open_instance(writes=True) as work:
        click.echo(_line(withdraw_article(work.db, article_id, reason=reason, now=get_now())))


@articles.command()
@click.argument("article_id", type=int)
def restore(article_id: int) -> None:
    """Publish a withdrawn article again."""
    with open_instance(writes=True) as work:
        article = restore_article(work.db, article_id, now=get_now())
        if article.state != "published":
            raise NotFoundError("withdrawn article", article_id, f"it is {article.state}")
        click.echo(_line(article))
