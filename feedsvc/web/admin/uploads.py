"""Photos that come with the article form: what is added, what stays, what is taken out."""

from dataclasses import replace
from pathlib import PurePath

from flask import request
from werkzeug.datastructures import FileStorage

from ...media import MediaFolder
from ...models import Article, DraftImage
from ...text import one_line
from ..context import get_parts, get_settings
from .login import find_current_user

MOST_PHOTOS = 10


def allow_photos() -> None:
    """Let somebody who is logged in send a form with photos; for anybody else the limit of a plain form holds."""
    if request.mimetype == "multipart/form-data" and find_current_user() is not None:
        settings = get_settings()
        request.max_content_length = settings.max_form_bytes + MOST_PHOTOS * settings.max_image_bytes


def read_photos() -> tuple[tuple[DraftImage, ...], MediaFolder]:
    """Return the photos of this request, with their captions, one a line, and the folder that reads and keeps them."""
    folder = get_parts().media
    captions = [one_line(line) for line in request.form.get("photo_captions", "").split("\n")]
    files: dict[str, FileStorage] = {}
    images = []
    for place, sent in enumerate(file for file in request.files.getlist("photos") if file.filename):
        # Messages call the photo by what stands behind the slash; the number keeps two of one name apart. It opens no
        # file.
        name = f"{place + 1}/{PurePath(sent.filename or '').name}"
        files[name] = sent
        images.append(DraftImage(file=name, caption=captions[place] if place < len(captions) else ""))

    def read(name: str) -> bytes:
        # When its turn comes: together they may be larger than the memory of a small machine.
        files[name].stream.seek(0)
        return files[name].stream.read(folder.max_bytes + 1)

    return tuple(images), replace(folder, read=read)


def keep_photos(article: Article) -> tuple[DraftImage, ...]:
    """Return the images that the article has, without those that the clerk ticked."""
    removed = set(request.form.getlist("remove_photo"))
    return tuple(
        DraftImage(url=image.url, caption=image.caption, credit=image.credit, alt=image.alt)
        for image in article.images
        if image.url not in removed
    )
