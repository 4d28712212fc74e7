"""Read the photos of the article form: those to add, to keep and to remove."""

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
    """Allow forms with photos for users who are logged in; for others, the size limit of a plain form applies."""
    if request.mimetype == "multipart/form-data" and find_current_user() is not None:
        settings = get_settings()
        request.max_content_length = settings.max_form_bytes + MOST_PHOTOS * settings.max_image_bytes


def read_photos() -> tuple[tuple[DraftImage, ...], MediaFolder]:
    """Return the photos of this request with their captions (one per line), and the folder that reads them."""
    folder = get_parts().media
    captions = [one_line(line) for line in request.form.get("photo_captions", "").split("\n")]
    files: dict[str, FileStorage] = {}
    images = []
    for place, sent in enumerate(file for file in request.files.getlist("photos") if file.filename):
        # Messages show the part after the slash; the number distinguishes photos with the same name. The name never
        # opens a file.
        name = f"{place + 1}/{PurePath(sent.filename or '').name}"
        files[name] = sent
        images.append(DraftImage(file=name, caption=captions[place] if place < len(captions) else ""))

    def read(name: str) -> bytes:
        # Read one at a time: all photos together may exceed the memory of a small machine.
        files[name].stream.seek(0)
        return files[name].stream.read(folder.max_bytes + 1)

    return tuple(images), replace(folder, read=read)


def keep_photos(article: Article) -> tuple[DraftImage, ...]:
    """Return the images of the article without those that the clerk ticked for removal."""
    removed = set(request.form.getlist("remove_photo"))
    return tuple(
        DraftImage(url=image.url, caption=image.caption, credit=image.credit, alt=image.alt)
        for image in article.images
        if image.url not in removed
    )
