"""Read the registry for ingest: wards, categories and their headings, once for many drafts."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ..database import Database, get_data_version
from ..models import Category, Ward
from ..text import fold, one_line
from .categories import UNKNOWN, list_categories
from .wards import list_wards


@dataclass(frozen=True)
class Catalogue:
    """Wards of all times in Vietnamese order, all categories, and the folded headings of the categories with their ids.

    `data_version` is that of the database at reading (`get_data_version`). Two catalogues are equal if the registry did
    not change between them.
    """

    wards: tuple[Ward, ...]
    categories: tuple[Category, ...]
    aliases: Mapping[str, int]
    data_version: int = field(compare=False)

    @cached_property
    def wards_by_slug(self) -> dict[str, Ward]:
        return {ward.slug: ward for ward in self.wards}

    @cached_property
    def _wards_by_name(self) -> dict[str, list[Ward]]:
        """Return the wards by code and by folded name."""
        found: dict[str, list[Ward]] = defaultdict(list)
        for ward in self.wards:
            for name in {ward.code, fold(ward.name)}:
                found[name].append(ward)
        return dict(found)

    @cached_property
    def _categories_by_slug(self) -> dict[str, Category]:
        return {category.slug: category for category in self.categories}

    @cached_property
    def _categories_by_id(self) -> dict[int, Category]:
        return {category.id: category for category in self.categories}

    @property
    def unknown(self) -> Category:
        """Return the category of articles whose heading is unknown."""
        return self._categories_by_slug[UNKNOWN]

    def list_wards(self, on: date) -> tuple[Ward, ...]:
        """List the wards that existed on a day."""
        return tuple(ward for ward in self.wards if ward.lives_on(on))

    def list_namesakes(self, given: str, on: date) -> list[Ward]:
        """List the wards that had this code, or this name (compared folded), on a day."""
        named = self._wards_by_name.get(given) or self._wards_by_name.get(fold(given), [])
        return [ward for ward in named if ward.lives_on(on)]

    def match_category(self, heading: str) -> Category:
        """Return the category of a slug, or of a heading that equals one of its aliases after `fold`.

        An unknown heading gives the category "khac" with that heading as its label: it is kept, not guessed.
        """
        if heading in self._categories_by_slug:
            return self._categories_by_slug[heading]
        category_id = self.aliases.get(fold(heading))
        if category_id is not None:
            return self._categories_by_id[category_id]
        return Category(self.unknown.id, self.unknown.slug, one_line(heading) or self.unknown.label)


def load_catalogue(db: Database) -> Catalogue:
    """Read the current registry."""
    data_version = get_data_version(db)
    aliases = db.execute("SELECT folded, category_id FROM category_aliases")
    return Catalogue(
        wards=tuple(list_wards(db)),
        categories=tuple(list_categories(db, with_hidden=True)),
        aliases={row["folded"]: row["category_id"] for row in aliases},
        data_version=data_version,
    )


def renew_catalogue(db: Database, catalogue: Catalogue) -> Catalogue:
    """Return the catalogue, read again if another connection has written since; cheap if none has."""
    return catalogue if get_data_version(db) == catalogue.data_version else load_catalogue(db)
