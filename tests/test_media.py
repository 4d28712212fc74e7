"""Pictures from outside become upright, bounded and free of metadata; other files are refused."""

import hashlib
import os
import re
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageOps

from feedsvc.media import LARGEST_SIDE, MediaFolder, Picture, beside, read_picture
from feedsvc.problems import Problem, RejectedError

from .pictures import MAX_BYTES, MAX_PIXELS, encode, make_bomb, make_photo, make_telephone_photo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def read(data: bytes) -> Picture:
    return read_picture(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)


def decode(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def refusal(data: bytes) -> Problem:
    with pytest.raises(RejectedError) as error:
        read_picture(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS, field="images[1]", name="họp dân.jpg")
    (problem,) = error.value.problems
    assert (problem.field, problem.given) == ("images[1]", "họp dân.jpg")
    return problem


def is_red(pixel: float | tuple[int, ...] | None) -> bool:
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    return red > 200 and green < 80 and blue < 80


def test_it_works() -> None:
    picture = read(make_photo())
    assert (picture.width, picture.height, picture.extension, picture.media_type) == (80, 60, "jpg", "image/jpeg")
    assert picture.hash == hashlib.sha256(picture.data).hexdigest()
    full, small = decode(picture.data), decode(picture.small)
    assert (full.format, full.size, full.mode) == ("JPEG", (80, 60), "RGB")
    assert (small.format, small.size) == ("WEBP", (80, 60))
    assert is_red(full.getpixel((10, 30)))
    assert not is_red(full.getpixel((70, 30)))


def test_the_same_file_is_the_same_picture() -> None:
    assert read(make_photo()) == read(make_photo())
    assert read(make_photo()).hash != read(make_photo(colour="blue")).hash


def test_a_photo_taken_sideways_stands_upright_and_says_nothing_of_place_and_camera() -> None:
    given = make_telephone_photo(orientation=6)
    assert dict(decode(given).getexif().get_ifd(0x8825))  # the original did contain it
    picture = read(given)
    assert (picture.width, picture.height) == (60, 80)
    for data in (picture.data, picture.small):
        image = decode(data)
        assert dict(image.getexif()) == {}
        assert dict(image.getexif().get_ifd(0x8825)) == {}
        assert not {"exif", "comment", "xmp", "icc_profile"} & image.info.keys()
        assert b"Lan" not in data
        assert b"nha rieng" not in data
        # Rotated to the right: the left side is now at the top.
        assert is_red(image.convert("RGB").getpixel((30, 10)))
        assert not is_red(image.convert("RGB").getpixel((30, 70)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_looks_as_the_camera_meant_it(orientation: int) -> None:
    given = make_telephone_photo(orientation=orientation)
    expected = ImageOps.exif_transpose(decode(given))
    full = decode(read(given).data)
    assert full.size == expected.size
    for place in ((10, 10), (full.width - 10, full.height - 10)):
        assert is_red(full.getpixel(place)) == is_red(expected.getpixel(place))


@pytest.mark.parametrize(("width", "height"), [(3000, 1000), (1000, 3000), (2048, 2048)])
def test_a_large_photo_is_bounded_and_keeps_its_shape(width: int, height: int) -> None:
    picture = read(make_photo(width, height))
    assert max(picture.width, picture.height) == LARGEST_SIDE
    assert abs(picture.width / picture.height - width / height) < 0.01
    assert decode(picture.data).size == (picture.width, picture.height)
    assert decode(picture.small).width <= 640


def test_a_cmyk_photo_is_shown_in_rgb() -> None:
    picture = read(encode(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", quality=95))
    assert decode(picture.data).mode == "RGB"
    assert is_red(decode(picture.data).getpixel((20, 20)))


def test_a_grey_photo_stays_grey() -> None:
    assert decode(read(encode(Image.new("L", (40, 40), 100), "JPEG")).data).mode == "L"


def test_colours_of_a_profile_become_those_of_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = read(encode(Image.new("RGB", (40, 40), (200, 30, 30)), "PNG", icc_profile=profile))
    pixel = decode(picture.data).getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert all(abs(found - given) < 4 for found, given in zip(pixel, (200, 30, 30), strict=True))
    assert "icc_profile" not in decode(picture.data).info


def test_a_wrong_profile_is_ignored() -> None:
    picture = read(encode(Image.new("RGB", (40, 40), (200, 30, 30)), "PNG", icc_profile=b"khong phai profile"))
    assert decode(picture.data).getpixel((20, 20)) == (200, 30, 30)


def test_a_png_of_16_bits_is_scaled_and_not_clipped() -> None:
    image = Image.new("I;16", (40, 40), 0x8000)
    full = decode(read(encode(image, "PNG")).data)
    assert (full.mode, full.getpixel((20, 20))) in {("L", 127), ("L", 128)}


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA"])
def test_drawings_of_every_mode_become_png(mode: str) -> None:
    image = Image.new("RGBA" if "A" in mode else "RGB", (40, 40), "red").convert(mode)
    picture = read(encode(image, "PNG"))
    assert (picture.extension, decode(picture.data).format) == ("png", "PNG")
    assert (decode(picture.data).mode == "RGBA") == (mode in {"LA", "RGBA"})


def test_a_transparent_palette_stays_transparent() -> None:
    image = Image.new("P", (40, 40), 0)
    image.info["transparency"] = 0
    full = decode(read(encode(image, "PNG", transparency=0)).data)
    pixel = full.getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert (full.mode, pixel[3]) == ("RGBA", 0)


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    picture = read(encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    full = decode(picture.data)
    assert (picture.extension, getattr(full, "n_frames", 1)) == ("png", 1)
    assert is_red(full.convert("RGB").getpixel((20, 20)))


def test_a_webp_photo_becomes_jpeg_which_every_reader_shows() -> None:
    assert read(encode(Image.new("RGB", (40, 40), "red"), "WEBP")).extension == "jpg"
    assert read(encode(Image.new("RGBA", (40, 40), (255, 0, 0, 9)), "WEBP")).extension == "png"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (SVG, "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>" + SVG, "SVG"),
        (PAGE, "HTML"),
        (b"GIF89a" + PAGE, ""),
        (b"%PDF-1.7", ""),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, ""),
        (make_photo()[:-200], ""),
        (make_photo()[:30], ""),
        (b"\0" * 5000, ""),
    ],
    ids=[
        "empty",
        "svg",
        "svg with a declaration",
        "html",
        "html as gif",
        "pdf",
        "zeros",
        "cut",
        "cut early",
        "nothing",
    ],
)
def test_an_incomplete_picture_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    problem = refusal(data)
    assert problem.code == "image_unreadable"
    assert reason in str(problem.values["reason"])
    assert problem.message_vi.startswith("Không đọc được ảnh “họp dân.jpg”. Tệp có thể bị hỏng")


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PPM", "ICO"])
def test_formats_that_nobody_needs_are_refused(kind: str) -> None:
    assert refusal(encode(Image.new("RGB", (40, 40), "red"), kind)).code == "image_unreadable"


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    problem = refusal(make_bomb())
    assert problem.code == "image_pixels"
    assert problem.values == {"width": 100_000, "height": 100_000, "limit": MAX_PIXELS}
    assert refusal(make_bomb(10_000, 1001)).code == "image_pixels"


@pytest.mark.slow
def test_a_photo_of_a_telephone_may_be_five_times_as_large_as_a_picture_that_is_decoded_whole() -> None:
    photo = encode(Image.new("L", (7_000, 7_000)), "JPEG")
    assert (read(photo).width, read(photo).height) == (2048, 2048)
    assert refusal(encode(Image.new("L", (7_000, 7_000)), "JPEG", progressive=True)).code == "image_pixels"
    assert refusal(encode(Image.new("L", (7_200, 7_000)), "JPEG")).code == "image_pixels"
    assert refusal(encode(Image.new("L", (7_000, 7_000)), "PNG")).code == "image_pixels"


def test_a_panorama_is_decoded_small_as_well() -> None:
    picture = read(encode(Image.new("L", (40_000, 1_000), 200), "JPEG"))
    assert picture.width == 2048
    assert picture.height in {51, 52}  # 51.2


MEASURE = """
import resource, sys
from pathlib import Path
from feedsvc.media import read_picture
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_picture(Path(sys.argv[1]).read_bytes(), max_bytes=10**9, max_pixels=50_000_000)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("JPEG", "RGB", (12_000, 9_000)),
        ("PNG", "P", (7_000, 7_000)),
        ("PNG", "RGBA", (7_000, 7_000)),
        ("PNG", "I;16", (7_000, 7_000)),
    ],
)
def test_the_memory_that_a_picture_takes_is_bounded(
    tmp_path: Path, kind: str, mode: str, size: tuple[int, int]
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encode(Image.new(mode, size), kind))
    megabytes = int(subprocess.check_output([sys.executable, "-c", MEASURE, str(path)], text=True))
    assert megabytes < 320, f"{kind} {mode} of {size} took {megabytes} MB"


def make_photo_with_tag(tag: int, kind: int, count: int, value: bytes) -> bytes:
    """A JPEG whose EXIF holds one entry, as the bytes say: right or wrong (TIFF 6.0, section 2)."""
    entry = struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")[:4]
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + bytes(4) + value
    return encode(Image.new("RGB", (80, 60), "red"), "JPEG", exif=exif)


# Pillow warns of what is wrong in a file; that it goes on is what these tests ask for.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("tag", [0x0112, 0x010F, 0x011A, 0x8769, 0x8825])
@pytest.mark.parametrize(
    ("kind", "count", "value"),
    [
        (3, 1, b"\x09\0"),
        (3, 0, b""),
        (3, 2, b"\x06\0\x06\0"),
        (2, 2, b"6\0"),
        (5, 1, struct.pack("<I", 26) + struct.pack("<II", 6, 0)),
        (10, 1, struct.pack("<I", 0xFFFFFF00)),
        (7, 4, b"\xff\xff\xff\xff"),
        (99, 1, b"\x01"),
        (4, 0xFFFFFFFF, b"\x01"),
    ],
)
def test_broken_exif_never_refuses_a_photo(tag: int, kind: int, count: int, value: bytes) -> None:
    photo = read(make_photo_with_tag(tag, kind, count, value))
    assert sorted((photo.width, photo.height)) == [60, 80]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("cut", range(2, 60, 3))
def test_a_photo_whose_exif_is_garbage_is_taken(cut: int) -> None:
    photo = make_telephone_photo()
    place = photo.index(b"Exif") + 6
    broken = photo[: place + cut] + b"\xff" * 8 + photo[place + cut + 8 :]
    assert read(broken).extension == "jpg"


def test_two_pictures_are_decoded_at_once_and_never_three(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path / "media", MAX_BYTES, MAX_PIXELS)
    inside: list[int] = []
    most: list[int] = []
    both = threading.Barrier(2)

    def decode_one(number: int) -> None:
        with folder.decoding():
            inside.append(number)
            most.append(len(inside))
            if number < 2:
                both.wait(timeout=10)
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode_one, range(2)))
        list(pool.map(decode_one, range(2, 40)))
    assert max(most) == 2
    assert len(most) == 40


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    problem = refusal(b"\0" * (MAX_BYTES + 1))
    assert (problem.code, problem.values) == ("image_large", {"limit": MAX_BYTES})


def test_data_after_a_picture_is_not_kept() -> None:
    assert b"alert" not in read(make_photo() + PAGE).data


def make_folder(tmp_path: Path) -> MediaFolder:
    return MediaFolder(tmp_path / "media", MAX_BYTES, MAX_PIXELS)


def test_a_picture_is_saved_completely_under_its_hash(tmp_path: Path) -> None:
    folder, picture = make_folder(tmp_path), read(make_photo())
    folder.save(picture)
    folder.save(picture)
    assert [path.name for path in folder.list_files()] == sorted([picture.name, picture.small_name])
    found = folder.find(picture.name)
    assert found is not None
    assert found.read_bytes() == picture.data


def test_a_dry_run_keeps_nothing(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path / "media", MAX_BYTES, MAX_PIXELS, keeps=False)
    folder.save(read(make_photo()))
    assert not folder.path.exists()


@pytest.mark.parametrize("name", ["../feedsvc.db", "..", "", "a.jpg", "a" * 64, f"{'a' * 64}.svg", f"{'a' * 64}.jpg/x"])
def test_no_other_file_is_ever_found(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path)
    folder.path.mkdir()
    (tmp_path / "feedsvc.db").write_text("x")
    (folder.path / "a.jpg").write_text("x")
    assert folder.find(name) is None


def test_files_in_the_folder_of_a_page_are_read(tmp_path: Path) -> None:
    (tmp_path / "page_files").mkdir()
    (tmp_path / "page_files" / "ảnh 1.jpg").write_bytes(b"x")
    read_file = beside(tmp_path, max_bytes=10)
    assert read_file("page_files/ảnh 1.jpg") == b"x"
    assert read_file("./page_files/../page_files/ảnh 1.jpg") == b"x"


def test_a_file_is_read_only_as_far_as_needed_to_see_that_it_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x" * 100)
    assert len(beside(tmp_path, max_bytes=10)("a.jpg")) == 11


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "a/../../secret", "link", "folder/secret", "..\\secret", "a\0.jpg"]
)
def test_files_outside_of_the_folder_are_never_read(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(b"x")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "folder").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(ValueError, match=re.escape(name)):
        beside(inside, max_bytes=10)(name)


@pytest.mark.parametrize("name", ["none.jpg", "", ".", "pipe", "loop", "loop/../link", "loop/../folder/secret"])
def test_a_path_that_is_not_a_file_is_not_found(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    os.mkfifo(inside / "pipe")
    (tmp_path / "secret").write_bytes(b"x")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "folder").symlink_to(tmp_path, target_is_directory=True)
    (inside / "loop").symlink_to(inside / "loop")
    with pytest.raises(FileNotFoundError):
        beside(inside, max_bytes=10)(name)
