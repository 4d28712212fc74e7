"""Turn the images of a draft into our own pictures, rows, and figures in the content. Part of ingest."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

from .. import markup, media
from ..addresses import MEDIA, MEDIA_NAME
from ..database import Database
from ..media import MediaFolder, Picture
from ..models import Draft, DraftImage, Image
from ..problems import Problem, RejectedError
from ..store.media import MediaRow, find_media, save_media
from ..text import one_line, shorten

# The label before the credit in a figure; many senders include it in the credit too.
_CREDIT_LABEL = re.compile(r"^(?:ảnh\s*:\s*)+", re.IGNORECASE)
_SHOWN = re.compile(r'<img [^<>]*?src="([^"]*)"[^<>]*>')


@dataclass(frozen=True, slots=True)
class Found:
    """An image of a draft: the sources that the content uses for it, the image, and the picture if it is a file."""

    names: tuple[str, ...]
    image: Image
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """All images of a draft, the problems of those that cannot be accepted, and the folder for the files."""

    found: tuple[Found, ...] = ()
    problems: tuple[Problem, ...] = ()
    folder: MediaFolder | None = None

    @property
    def addresses(self) -> dict[str, str]:
        """Return the present URL of each image by the sources that the content uses."""
        return {name: item.image.url for item in self.found for name in item.names}


def read_pictures(draft: Draft, folder: MediaFolder | None, *, site_url: str) -> Pictures:
    """Read and decode the files of a draft, before any lock is taken; images on other sites are never fetched.

    A draft may name one of our own pictures by its address under `site_url`, as feeds and the API show it.
    """
    found: dict[str, Found] = {}
    problems: list[Problem] = []
    for index, given in enumerate(draft.images):
        try:
            item = _read_image(
                given, f"images[{index}]", folder, site_url=site_url, source_url=draft.source_url.strip()
            )
        except RejectedError as error:
            problems += error.problems
        else:
            known = found.get(item.image.url)
            found[item.image.url] = replace(known, names=known.names + item.names) if known else item
    return Pictures(tuple(found.values()), tuple(problems), folder)


def _read_image(given: DraftImage, field: str, folder: MediaFolder | None, *, site_url: str, source_url: str) -> Found:
    names = tuple(name for name in (given.file, given.url) if name)
    data = _read_file(given, field, folder) if given.file else None
    if data is not None:
        assert folder is not None
        with folder.decoding():
            picture = media.read_picture(
                data, max_bytes=folder.max_bytes, max_pixels=folder.max_pixels, field=field, name=_show(given.file)
            )
        return Found(names, _add_words(_to_image(picture), given), picture)
    url = given.url.strip()
    path = url.removeprefix(site_url)
    if path.startswith(MEDIA):
        ours = MEDIA_NAME.fullmatch(path.removeprefix(MEDIA))
        if ours:
            return Found((*names, path), _add_words(Image(path, media_hash=ours["hash"]), given))
        if path != url:
            raise RejectedError(Problem(field, "image_unknown", _show(url)))
    url = urljoin(source_url, url) if markup.is_absolute_url(source_url) else url
    if not markup.is_absolute_url(url):
        raise RejectedError(Problem(field, "image_url", _show(given.url)))
    return Found((*names, url), _add_words(Image(url), given))


def take_home(content_html: str, *, site_url: str) -> str:
    """Return HTML with our own pictures by their path, in place of their address under `site_url`."""
    pattern = rf'(<img\b[^<>]*?\bsrc="){re.escape(site_url)}(?={MEDIA})'
    return re.sub(pattern, r"\1", content_html, flags=re.IGNORECASE)


def _add_words(image: Image, given: DraftImage | Image) -> Image:
    credit = _CREDIT_LABEL.sub("", one_line(given.credit))
    return replace(image, caption=one_line(given.caption), credit=credit, alt=one_line(given.alt))


def _read_file(given: DraftImage, field: str, folder: MediaFolder | None) -> bytes | None:
    """Return the bytes of the file; None if it cannot be read and the image also has a URL."""
    try:
        return folder.read(given.file) if folder else media.refuse(given.file)
    except ValueError:
        raise RejectedError(Problem(field, "image_outside", _show(given.file))) from None
    except OSError:
        if given.url:
            return None
        raise RejectedError(Problem(field, "image_missing", _show(given.file))) from None


def _show(name: str) -> str:
    """Return a name or an address from outside in a form that is short and safe for a terminal, a log and a form."""
    return shorten(name, 120)


def _to_image(picture: Picture) -> Image:
    return Image(
        MEDIA + picture.name,
        picture.media_type,
        len(picture.data),
        picture.width,
        picture.height,
        media_hash=picture.hash,
    )


def _describe(picture: Picture, *, now: datetime) -> MediaRow:
    return MediaRow(
        picture.hash,
        picture.extension,
        picture.media_type,
        length=len(picture.data),
        width=picture.width,
        height=picture.height,
        created_at=now,
    )


def keep_pictures(db: Database, pictures: Pictures, *, now: datetime) -> None:
    """Write the files that do not exist yet, and only then their rows; call it within the write transaction."""
    folder = pictures.folder
    for item in pictures.found:
        picture = item.picture
        if picture is None or folder is None:
            continue
        if find_media(db, picture.hash) is None or folder.find(picture.name) is None:
            folder.save(picture)
        save_media(db, _describe(picture, now=now))


def place_images(db: Database, content_html: str, pictures: Pictures) -> tuple[str, tuple[Image, ...]]:
    """Return clean content that shows every image, and the images: the draft's, then those only in the content.

    Images that the content does not show yet are added at its end. Raises RejectedError if the content shows one of our
    own files that does not exist.
    """
    images = {item.image.url: item.image for item in pictures.found}
    shown = dict.fromkeys(html.unescape(url) for url in _SHOWN.findall(content_html))
    for url in shown:
        if url.startswith(MEDIA) and url not in images:
            images[url] = Image(url, media_hash=url.removeprefix(MEDIA).partition(".")[0])
    fresh = {item.image.url for item in pictures.found if item.picture}
    problems = []
    for url, image in images.items():
        if image.media_hash is None or url in fresh:
            continue
        row = find_media(db, image.media_hash)
        if row is None or MEDIA + row.name != url:
            problems.append(Problem("images", "image_unknown", url))
        else:
            images[url] = _add_words(row.to_image(), image)
    if problems:
        raise RejectedError(*problems)
    if not images:
        return content_html, ()
    content_html = _SHOWN.sub(lambda match: _add_size(match, images), content_html)
    missing = [_build_figure(image) for url, image in images.items() if url not in shown]
    return markup.clean_html("\n".join([content_html, *missing])), tuple(images.values())


def without_figures(content_html: str, images: Iterable[Image]) -> str:
    """Return the content without the figures that `place_images` added at its end, for editing as text."""
    for image in reversed(tuple(images)):
        content_html = content_html.removesuffix(markup.clean_html(_build_figure(image))).rstrip("\n")
    return content_html


def _add_size(match: re.Match[str], images: dict[str, Image]) -> str:
    """Add width and height to an <img> of our own, so that the page does not jump when the picture loads."""
    image = images.get(html.unescape(match[1]))
    if image is None or image.width is None or ' width="' in match[0] or ' height="' in match[0]:
        return match[0]
    return f'{match[0][:-1]} width="{image.width}" height="{image.height}">'


def _build_figure(image: Image) -> str:
    size = f' width="{image.width}" height="{image.height}"' if image.width and image.height else ""
    credit = f"Ảnh: {image.credit}" if image.credit else ""
    caption = f"{image.caption} ({credit})" if image.caption and credit else image.caption or credit
    figcaption = f"<figcaption>{html.escape(caption, quote=False)}</figcaption>" if caption else ""
    return f'<figure><img src="{html.escape(image.url)}" alt="{html.escape(image.alt)}"{size}>{figcaption}</figure>'
