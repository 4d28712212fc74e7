"""Decode pictures, and keep only what we encode ourselves. The only door to Pillow.

The first half has pure functions from bytes to bytes; the second half has `MediaFolder`, which writes each file
completely or not at all. The database knows which articles refer to a file (`store.media`).
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms

from .addresses import MEDIA_NAME, SMALL_WIDTH, media_name, small_name
from .problems import Problem, RejectedError

LARGEST_SIDE = 2048
# A JPEG that can be decoded at reduced size may have this many times max_pixels, like photos of telephones with 200
# million pixels.
REDUCIBLE = 5
# The maximum number of pictures decoded at the same time on one machine, by all processes; each takes up to 250 MB.
DECODED_AT_ONCE = 2
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
# The formats that Pillow may decode: no SVG, and no format whose decoder has a long history of faults.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_ORIENTED_AND_LOSSY = {"JPEG", "MPO", "WEBP"}
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STRIP = 64  # rows of the shrunk image that one strip gives
# Pillow's own limit first warns and only then raises; ours is a setting, checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as we keep it: `data` in full size, `small` as WebP for pages; named by `hash`; sizes in pixels."""

    hash: str
    extension: str
    data: bytes
    small: bytes
    width: int
    height: int

    @property
    def name(self) -> str:
        return media_name(self.hash, self.extension)

    @property
    def small_name(self) -> str:
        return small_name(self.hash)

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.extension]


def read_picture(data: bytes, *, max_bytes: int, max_pixels: int, field: str = "images", name: str = "") -> Picture:
    """Decode and re-encode a picture: upright, in sRGB, at most 2048 pixels wide and high, without metadata.

    No EXIF data, GPS position, comment or hidden tail of the file survives. Only the first frame of an animation is
    kept. Photos become JPEG; pictures with transparency and drawings become PNG. Raises RejectedError for `field`, with
    `name` for the picture.
    """
    if len(data) > max_bytes:
        raise RejectedError(Problem(field, "image_large", name, {"limit": max_bytes}))
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as opened:
            # A JPEG is decoded at an eighth, a quarter or a half of its sides if that is enough. A progressive JPEG
            # does not profit: the decoder has to hold all of it to read any part.
            is_reducible = opened.format in {"JPEG", "MPO"} and not opened.info.get("progressive")
            limit = max_pixels * (REDUCIBLE if is_reducible else 1)
            if opened.width * opened.height > limit:
                values = {"width": opened.width, "height": opened.height, "limit": limit}
                raise RejectedError(Problem(field, "image_pixels", name, values))
            is_photo = opened.format in _ORIENTED_AND_LOSSY
            image = _prepare(opened)
    except RejectedError:
        raise
    # Pillow does not document which exceptions a broken file may raise; any of them rejects the file.
    except Exception as error:
        raise RejectedError(Problem(field, "image_unreadable", name, {"reason": _describe(data, error)})) from error
    has_alpha = image.mode == "RGBA"
    if is_photo and not has_alpha:
        extension, encoded = "jpg", _encode(image, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        extension, encoded = "png", _encode(image, "PNG", optimize=True)
    small = image.copy()
    small.thumbnail((SMALL_WIDTH, LARGEST_SIDE))
    return Picture(
        hash=hashlib.sha256(encoded).hexdigest(),
        extension=extension,
        data=encoded,
        small=_encode(small, "WEBP", quality=80),
        width=image.width,
        height=image.height,
    )


def _prepare(opened: Image.Image) -> Image.Image:
    """Return the first frame as a plain image in L, RGB or RGBA: upright, bounded, in sRGB, with no metadata."""
    orientation = _read_orientation(opened)
    ratio = max(*opened.size, LARGEST_SIDE) / LARGEST_SIDE
    opened.draft(None, (int(opened.width / ratio), int(opened.height / ratio)))
    opened.load()
    image = _shrink(opened)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        image = _to_srgb(image, profile)
    if image.mode not in {"L", "RGB", "RGBA"}:
        image = image.convert("RGB")
    image.info.clear()  # some encoders write the profile and comment from there by default
    return image


def _shrink(image: Image.Image) -> Image.Image:
    """Return an image of at most LARGEST_SIDE, in a mode whose pixels can be averaged: L, RGB, RGBA, CMYK.

    It works in strips, because converting or resizing the whole image at once would need its memory several times.
    """
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    plain = {"1": "L", "L": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")
    mode = "RGBA" if has_alpha else "L" if image.mode.startswith("I") else plain
    factor = max(1, max(image.size) // LARGEST_SIDE)
    shrunk = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, _STRIP * factor):
        strip = image.crop((0, top, image.width, min(top + _STRIP * factor, image.height)))
        if strip.mode.startswith("I"):  # 16 bits per sample: convert() would clip instead of scaling
            strip = strip.convert("I").point(lambda value: value * (1 / 257)).convert("L")
        strip = strip if strip.mode == mode else strip.convert(mode)
        shrunk.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    shrunk.info = dict(image.info)
    shrunk.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return shrunk


def _read_orientation(opened: Image.Image) -> int:
    """Return the orientation of the camera (EXIF 2.32, tag 274), 1 to 8; 1 if it is missing or invalid."""
    # Pillow does not document which exceptions broken EXIF data may raise, and such a photo is still accepted.
    try:
        given = float(opened.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1
    return int(given) if given in range(1, 9) else 1


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the image in sRGB: removing the profile alone would make the colours of a phone's photo pale."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGB" if image.mode == "CMYK" else image.mode
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):  # an unusable profile is ignored
        return image
    return converted or image


def _encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _describe(data: bytes, error: Exception) -> str:
    """Say what the file is instead of a picture, in words that help its sender."""
    head = data[:512].lstrip().lower()
    if not data:
        return "the file is empty"
    if b"<svg" in head:
        return "SVG is not accepted"
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "it is HTML or XML"
    return f"{type(error).__name__}: {error}".replace("<_io.BytesIO object", "<file")[:200]


def refuse(name: str) -> bytes:
    """Refuse to read any file: the reader for drafts that come without files."""
    raise FileNotFoundError(name)


def beside(folder: Path, *, max_bytes: int) -> Callable[[str], bytes]:
    """Return a reader for the files in one folder and its subfolders, but never for files or links outside of it.

    The reader raises FileNotFoundError if the file does not exist, and ValueError if it may not be read.
    """
    root = folder.resolve()

    def read(name: str) -> bytes:
        if "\0" in name or "\\" in name or Path(name).is_absolute():
            raise ValueError(name)
        # Resolve every link and ".." first, then compare with the folder. realpath does not resolve a link to itself
        # and the path after it: such a path leads nowhere. It is not a file, or it changes when resolved again.
        path = Path(os.path.realpath(root / name))
        if not path.is_relative_to(root):
            raise ValueError(name)
        if os.path.realpath(path) != str(path) or not path.is_file():
            raise FileNotFoundError(name)
        with path.open("rb") as file:
            return file.read(max_bytes + 1)  # one byte more than allowed is enough to refuse it

    return read


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """The folder of our pictures, the reader of a draft's own files, and the limits of size.

    `keeps` is False for a dry run: everything is decoded, nothing is written.
    """

    path: Path
    max_bytes: int
    max_pixels: int
    read: Callable[[str], bytes] = refuse
    keeps: bool = True

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Wait until fewer than DECODED_AT_ONCE pictures are being decoded on this machine, then hold a slot.

        The slots are locks on files next to the folder: they work across processes and threads, and a killed process
        frees its slot.
        """
        with ExitStack() as stack:
            places = []
            for number in range(DECODED_AT_ONCE):
                path = self.path.parent / f".decoding-{number}"
                places.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
                stack.callback(os.close, places[-1])
            for place in places:
                with suppress(BlockingIOError):
                    fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
            else:
                fcntl.flock(places[threading.get_native_id() % DECODED_AT_ONCE], fcntl.LOCK_EX)
            yield

    def save(self, picture: Picture) -> None:
        """Write both files of a picture; after this returns, they survive a power cut."""
        if not self.keeps:
            return
        for name, data in ((picture.name, picture.data), (picture.small_name, picture.small)):
            self.save_file(name, data)

    def find(self, name: str) -> Path | None:
        """Return the path of one of our files; None if the name does not have their form or the file does not exist."""
        path = self.path / name
        return path if MEDIA_NAME.fullmatch(name) and path.is_file() else None

    def list_files(self) -> list[Path]:
        """List everything in the folder, of whatever kind."""
        return sorted(self.path.iterdir()) if self.path.is_dir() else []

    def save_file(self, name: str, data: bytes) -> None:
        """Write one file completely or not at all, readable only by its owner."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = self.path / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path / name)
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
