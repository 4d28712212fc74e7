"""Recover, after a restore, acknowledged articles that another database of this site has beyond this one.

An article keeps its guid, state and times, because readers may have it already. Changes that were made here since the
restore stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..database import Database, transaction
from ..media import MediaFolder
from ..models import Article, ChangeKind, Image, Site
from ..problems import RejectedError
from ..store import articles as store
from ..store.categories import list_categories
from ..store.history import Beyond
from ..store.media import find_media, save_media
from ..store.wards import list_wards
from .decide import Decision
from .ingest import apply
from .rendering import check_rendering


@dataclass(frozen=True, slots=True)
class Left:
    """An article that cannot be recovered, and the reason."""

    article: Article
    reason: str


class _Misfit(Exception):  # noqa: N818 - not an error of the program: the two databases differ
    pass


def recover(
    db: Database, other: Database, beyond: Beyond, *, media: MediaFolder, files: Path, site: Site, now: datetime
) -> Iterator[Article | Left]:
    """Recover the articles that are beyond this database, each in its own transaction; yield each result.

    `files` is the folder of the other database's pictures; pictures that are missing here are copied from it.
    """
    wards = {(ward.code, ward.valid_from): ward for ward in list_wards(db)}
    categories = {category.slug: category for category in list_categories(db, with_hidden=True)}
    for number, *_ in (*beyond.added, *beyond.changed):
        article = store.get_article(other, number)
        try:
            ward = wards.get((article.ward.code, article.ward.valid_from))
            if ward is None:
                raise _Misfit(f"this registry has no {article.ward.name} ({article.ward.code})")
            unknown = [category.label for category in article.categories if category.slug not in categories]
            if unknown:
                raise _Misfit(f"this registry has no category {unknown[0]!r}")
            own = [replace(category, id=categories[category.slug].id) for category in article.categories]
            found = replace(article, ward=ward, categories=tuple(own))
            with transaction(db):
                _keep_pictures(db, other, found.images, media, files)
                saved = _save(db, found, site=site, now=now)
        except (_Misfit, RejectedError) as error:
            yield Left(article, str(error))
        else:
            yield saved


def _keep_pictures(db: Database, other: Database, images: tuple[Image, ...], media: MediaFolder, files: Path) -> None:
    for image in images:
        row = find_media(other, image.media_hash) if image.media_hash else None
        if row is not None:
            for name in (row.name, row.small_name):
                if media.find(name) is None and (files / name).is_file():
                    media.save_file(name, (files / name).read_bytes())
            save_media(db, row)


def _save(db: Database, found: Article, *, site: Site, now: datetime) -> Article:
    twin = store.find_article_by_identity(db, found.identity)
    if twin is not None and twin.guid != found.guid:
        raise _Misfit(f"article {twin.id} here is the same text, entered again")
    known = store.find_article(db, found.id)
    if known is not None and known.guid != found.guid:  # another article got the id: there is no other way to keep both
        number = store.next_article_id(db)
        known, found = None, replace(found, id=number, guid=site.build_tag(f"article/{number}"))
    check_rendering(found, site)
    for article, change in _list_steps(known, found):
        apply(db, known, Decision("publish" if known is None else "correct", article, change), now=now)
        known = article
    return found


def _list_steps(known: Article | None, found: Article) -> list[tuple[Article, ChangeKind | None]]:
    """List the states that subscribers see, in order: a version that they may have seen precedes its withdrawal."""
    before = known.state if known is not None and known.state in {"published", "withdrawn"} else None
    if found.state in {"draft", "scheduled"}:
        return [(found, None)]
    if found.state == "published":
        change: ChangeKind = {"published": "corrected", "withdrawn": "restored", None: "published"}[before]  # type: ignore[assignment]
        return [(found, change)]
    shown = replace(found, state="published", withdrawn_at=None, withdrawn_reason="")
    return [*([(shown, "published")] if before is None else []), (found, "withdrawn")]  # type: ignore[list-item]
