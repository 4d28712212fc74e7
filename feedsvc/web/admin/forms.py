"""Define the forms of the administration: fields, rules, Vietnamese messages. FlaskForm adds CSRF tokens."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    HiddenField,
    MultipleFileField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional

from ... import markup
from ...articles.figures import without_figures
from ...models import VIETNAM, Article, Category, Draft, DraftImage, State, Ward
from ...problems import Problem
from ...wording import DAY_FORMATS, format_size, full_name

# Messages of WTForms itself, in the words of our pages.
_TRANSLATIONS = {
    "Not a valid date value.": "Ngày đăng phải viết theo dạng ngày/tháng/năm, ví dụ 13/09/2023.",
    "Not a valid time value.": "Giờ đăng phải viết theo dạng giờ:phút, ví dụ 16:20.",
    "Not a valid choice.": "Không có chuyên mục này. Hãy chọn trong danh sách.",
}

_PLAIN_FORM = (
    "Để một dòng trống giữa hai đoạn. Đầu dòng gõ “-\u00a0” để viết một ý trong danh sách, “+\u00a0” để viết ý con, "
    "“[Ảnh]\u00a0” để viết chú thích ảnh."
)
_HTML_FORM = (
    "Bài này có bảng, đề mục hoặc liên kết nên hiện dưới dạng mã HTML. Hãy chỉ sửa phần chữ, giữ nguyên các ký hiệu "
    "trong dấu < >."
)

# The buttons of the article form by the state of the article (None: a new one): the `action` that each sends, and its
# text. The Enter key presses the first; only "publish" makes a draft public.
BUTTONS: dict[State | None, dict[str, str]] = {
    None: {"publish": "Đăng bài"},
    "draft": {"save": "Lưu nháp", "publish": "Đăng bài"},
    "scheduled": {"save": "Lưu"},
    "published": {"save": "Lưu thay đổi"},
    "withdrawn": {"save": "Lưu thay đổi"},
}


class _Vietnamese:
    def gettext(self, text: str) -> str:
        return _TRANSLATIONS.get(text, text)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)


class Form(FlaskForm):  # type: ignore[misc]
    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: FlaskForm) -> _Vietnamese:
            return _Vietnamese()


class LoginForm(Form):
    login_name = StringField(
        "Tên đăng nhập",
        [
            InputRequired("Hãy nhập tên đăng nhập."),
            Length(max=100, message="Tên đăng nhập dài quá 100 ký tự. Hãy kiểm tra lại."),
        ],
    )
    login_password = PasswordField("Mật khẩu", [InputRequired("Hãy nhập mật khẩu.")])


class WithdrawForm(Form):
    """The reason for a withdrawal. A scheduled article needs no reason, because nobody has seen it."""

    reason = StringField(
        "Lý do thu hồi",
        [
            InputRequired("Hãy ghi lý do: người đọc sẽ thấy lý do này."),
            Length(max=300, message="Lý do dài quá 300 ký tự. Hãy viết ngắn lại."),
        ],
    )


class ArticleForm(Form):
    """An article as a clerk writes it, in the plain form of `markup.plain_to_html`.

    `key` makes the form idempotent: sending it twice posts one article.
    """

    key = HiddenField()
    seen_hash = HiddenField()
    ward = SelectField("Phường, xã", [InputRequired("Hãy chọn phường, xã.")], validate_choice=False)
    category = SelectField("Chuyên mục", [InputRequired("Hãy chọn chuyên mục.")])
    title = StringField("Tiêu đề", [InputRequired("Hãy nhập tiêu đề.")])
    author = StringField("Tác giả")
    published_day = DateField("Ngày đăng", [InputRequired("Hãy nhập ngày đăng, ví dụ 13/09/2023.")], DAY_FORMATS)
    published_time = TimeField("Giờ đăng", [Optional()])
    content = TextAreaField("Nội dung", [InputRequired("Hãy nhập nội dung.")], description=_PLAIN_FORM)
    content_html = TextAreaField("Nội dung (mã HTML)", description=_HTML_FORM)
    photos = MultipleFileField("Thêm ảnh")
    photo_captions = TextAreaField(
        "Chú thích ảnh", description="Viết mỗi chú thích trên một dòng, theo đúng thứ tự ảnh đã chọn."
    )
    correction_note = StringField(
        "Ghi chú đính chính",
        [Length(max=300, message="Ghi chú dài quá 300 ký tự. Hãy viết ngắn lại.")],
        description="Không bắt buộc. Ghi chú này hiện ở đầu bài cho người đọc, ví dụ: Sửa số người dự họp.",
    )

    def set_choices(self, wards: Sequence[Ward], categories: Iterable[Category], *, today: date) -> None:
        """Offer the wards (the living first) and categories."""
        living = [(ward.slug, ward.name) for ward in wards if ward.lives_on(today)]
        closed = [(ward.slug, full_name(ward, today)) for ward in wards if ward.has_ended(today)]
        groups = {"Đơn vị hiện nay": living, "Đơn vị trước sắp xếp": closed}
        self.ward.choices = {name: choices for name, choices in groups.items() if choices}
        self.category.choices = [("", "Chọn chuyên mục"), *((category.slug, category.label) for category in categories)]
        if len(wards) > 1:
            self.ward.choices = {"": [("", "Chọn phường, xã")], **self.ward.choices}

    def set_hints(self, *, is_published: bool, publisher: str, max_image_bytes: int) -> None:
        """Set the hints that depend on the article, the clerk and the settings; `publisher` may be ""."""
        name = f"“{publisher}”" if publisher else "tên UBND phường, xã"
        self.author.description = f"Nếu để trống, bài sẽ ghi {name}."
        self.published_time.description = (
            "Bài đã đăng nên không đổi được ngày, giờ đăng."
            if is_published
            else "Nếu không rõ giờ, hãy để trống. Nếu chọn thời điểm sắp tới, bài sẽ tự đăng vào lúc đó."
        )
        self.photos.description = (
            f"Có thể chọn nhiều ảnh (JPEG, PNG, WebP, GIF), mỗi ảnh không quá {format_size(max_image_bytes)}. "
            "Ảnh được đặt ở cuối bài."
        )

    def fill(self, article: Article) -> None:
        """Show the stored article."""
        # Photos at the end of the article are kept and removed separately, so they do not require editing as HTML.
        content_html = without_figures(article.content_html, article.images)
        paragraphs = markup.html_to_plain(content_html)
        local = article.published.astimezone(VIETNAM)
        values: dict[str, Any] = {
            "seen_hash": article.content_hash,
            "ward": article.ward.slug,
            "category": article.categories[0].slug if article.categories else "",
            "title": article.title,
            "author": "" if article.author == article.ward.publisher else article.author,
            "published_day": local.date(),
            "published_time": local.time().replace(second=0) if article.published_has_time else None,
            "content": paragraphs,
            "content_html": content_html if paragraphs is None else "",
            "correction_note": article.correction_note,
        }
        for name, value in values.items():
            self[name].data = value

    def use_html(self, is_html: bool) -> None:
        """Keep only one of the two fields for the content: HTML if the article has no plain form."""
        if is_html:
            del self.content
        else:
            del self.content_html

    def to_draft(self, *, categories: tuple[str, ...], images: tuple[DraftImage, ...] = ()) -> Draft:
        """Return the input as a draft; call it only if the form is valid."""
        day, moment = self.published_day.data, self.published_time.data
        return Draft(
            title=self.title.data or "",
            published=datetime.combine(day, moment or time(), VIETNAM) if day else None,
            published_has_time=moment is not None,
            ward=self.ward.data,
            categories=categories,
            content_text=self.content.data if "content" in self else None,
            content_html=self.content_html.data if "content_html" in self else None,
            author=self.author.data or "",
            images=images,
            correction_note=self.correction_note.data or "",
        )

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Add the problems that ingest found to their fields, and those without a field to `form_errors`."""
        fields = {"published": "published_day", "content": "content" if "content" in self else "content_html"}
        for problem in problems:
            name = "photos" if problem.field.startswith("images") else fields.get(problem.field, problem.field)
            if name in self and not problem.is_ours:
                self[name].errors = [*self[name].errors, problem.message_vi]
            else:
                self.form_errors.append(problem.message_vi)

    @property
    def has_wrong_fields(self) -> bool:
        """Tell if a visible field has an error; `form_errors` are about the whole article."""
        return any(field.errors for field in self if field.name != "csrf_token")
