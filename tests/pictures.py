"""Make picture files for tests: a photo of a telephone, and files that a sender may give in its place."""

import struct
import zlib
from io import BytesIO

from PIL import Image

MAX_BYTES, MAX_PIXELS = 1_000_000, 10_000_000


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def make_photo(width: int = 80, height: int = 60, colour: str = "red") -> bytes:
    """Return a JPEG whose left half has the colour and whose right half is white."""
    image = Image.new("RGB", (width, height), "white")
    image.paste(colour, (0, 0, width // 2, height))
    return encode(image, "JPEG", quality=95)


def make_telephone_photo(*, orientation: int = 6) -> bytes:
    """Return a JPEG with EXIF data: an orientation, a place (GPS), a camera, and a comment."""
    image = Image.new("RGB", (80, 60), "white")
    image.paste("red", (0, 0, 40, 60))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "May anh cua Lan"
    exif.get_ifd(0x8825).update({1: "N", 2: (21.0, 2.0, 8.0), 3: "E", 4: (105.0, 53.0, 1.0)})
    return encode(image, "JPEG", quality=95, exif=exif, comment=b"nha rieng")


def make_bomb(width: int = 100_000, height: int = 100_000) -> bytes:
    """Return a small PNG that declares a huge size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
