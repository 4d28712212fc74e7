"""Compose and write subscription lists (OPML 2.0, https://opml.org/spec2.opml). Pure: no database, no clock, no Flask.

The lists name the RSS feeds: the circular demands that format, and `type="rss"` means no other.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import format_datetime
from functools import partial
from xml.etree import ElementTree

from ..addresses import RSS, absolute, feed_path, scope_path
from ..models import Area, Category, Scope, Site, Ward
from .entry import LANGUAGE
from .scope import scope_title

# A tag in the standard's attribute `category` (a string without slashes): any OPML reader may ignore it, and none needs
# to know a namespace of ours.
CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed, or (without `xml_url`) a folder of outlines.

    A feed never has children: according to the standard, a subscription list contains feeds, and outlines that contain
    feeds. `text` is the feed's own title.
    """

    text: str
    xml_url: str = ""
    html_url: str = ""
    is_closed: bool = False
    children: tuple["Outline", ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionList:
    """An OPML document. `modified` is the time of the last change of anything that it lists."""

    title: str
    owner: str
    modified: datetime
    outlines: tuple[Outline, ...]


def build_site_list(
    *,
    site: Site,
    today: date,
    modified: datetime,
    wards: Iterable[Ward],
    areas: Iterable[Area],
    categories: Sequence[Category],
    with_articles: Collection[str],
) -> SubscriptionList:
    """List every feed once: everything, the categories, the areas, and each ward with its categories.

    A ward belongs to several areas (city, former district), under which it would occur several times. Here the areas
    are therefore a group of their own, and the list of an area has its wards. `with_articles` are the keys of the
    scopes that have articles: categories are listed only for those, wards and areas always. `today` decides which units
    are closed.
    """
    build = partial(_feed, site=site, today=today)
    return SubscriptionList(
        title=site.name,
        owner=site.name,
        modified=modified,
        outlines=(
            build(Scope()),
            *_folder("Chuyên mục", map(build, _sections(Scope(), categories, with_articles))),
            *_folder("Khu vực", (build(Scope(area=area)) for area in areas)),
            *_folder("Phường, xã", _wards(wards, categories, with_articles, build)),
        ),
    )


def build_area_list(
    area: Area,
    *,
    site: Site,
    today: date,
    modified: datetime,
    wards: Iterable[Ward],
    categories: Sequence[Category],
    with_articles: Collection[str],
) -> SubscriptionList:
    """List the feeds of an area: its own, those of its categories, and each ward with its categories."""
    scope = Scope(area=area)
    build = partial(_feed, site=site, today=today)
    return SubscriptionList(
        title=f"{scope_title(scope, site, today)} – {site.name}",
        owner=site.name,
        modified=modified,
        outlines=(
            build(scope),
            *_folder("Chuyên mục", map(build, _sections(scope, categories, with_articles))),
            *_folder("Phường, xã", _wards(wards, categories, with_articles, build)),
        ),
    )


def _wards(
    wards: Iterable[Ward],
    categories: Sequence[Category],
    with_articles: Collection[str],
    build: Callable[[Scope], Outline],
) -> Iterator[Outline]:
    """Yield the wards in the given order, the living first: each as a feed, or as a folder if it has categories."""
    outlines = [(ward, build(Scope(ward=ward))) for ward in wards]
    for ward, own in sorted(outlines, key=lambda item: item[1].is_closed):
        sections = tuple(map(build, _sections(Scope(ward=ward), categories, with_articles)))
        yield Outline(own.text, is_closed=own.is_closed, children=(own, *sections)) if sections else own


def _sections(place: Scope, categories: Sequence[Category], with_articles: Collection[str]) -> Iterator[Scope]:
    scopes = (replace(place, category=category) for category in categories)
    return (scope for scope in scopes if scope.key in with_articles)


def _folder(text: str, children: Iterable[Outline]) -> tuple[Outline, ...]:
    """Return the folder, or nothing if it would be empty: an empty folder is not allowed in a subscription list."""
    outlines = tuple(children)
    return (Outline(text, children=outlines),) if outlines else ()


def _feed(scope: Scope, *, site: Site, today: date) -> Outline:
    place = scope.ward or scope.area
    return Outline(
        scope_title(scope, site, today),
        xml_url=absolute(site.url, feed_path(scope, RSS)),
        html_url=absolute(site.url, scope_path(scope)),
        is_closed=place is not None and place.has_ended(today),
    )


def render_opml(document: SubscriptionList) -> bytes:
    """Return the list as OPML 2.0, UTF-8."""
    root = ElementTree.Element("opml", version="2.0")
    # No <docs>, although the standard has it: the W3C Feed Validator does not know it and calls the list invalid.
    head = ElementTree.SubElement(root, "head")
    for name, value in (
        ("title", document.title),
        # RFC 822 with a year of four digits, as the standard requires.
        ("dateModified", format_datetime(document.modified.replace(microsecond=0))),
        ("ownerName", document.owner),
    ):
        ElementTree.SubElement(head, name).text = value
    body = ElementTree.SubElement(root, "body")
    for outline in document.outlines:
        _add(body, outline)
    ElementTree.indent(root, " ")
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _add(parent: ElementTree.Element, outline: Outline) -> None:
    attributes = {"text": outline.text}
    if outline.xml_url:
        attributes |= {
            "title": outline.text,
            "type": "rss",
            "xmlUrl": outline.xml_url,
            "htmlUrl": outline.html_url,
            "language": LANGUAGE,
        }
    if outline.is_closed:
        attributes["category"] = CLOSED
    node = ElementTree.SubElement(parent, "outline", attributes)
    for child in outline.children:
        _add(node, child)
