"""The forms of the administration: fields, rules, Vietnamese messages. CSRF tokens come with FlaskForm."""

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
from ...models import VIETNAM, Article, Category, Draft, DraftImage, Ward
from ...problems import Problem

_REQUIRED = "Hãy điền mục này."
# What WTForms says by itself, in the words of our pages.
_TRANSLATIONS = {
    "Not a valid date value.": "Ngày phải có dạng ngày/tháng/năm, ví dụ 13/09/2023.",
    "Not a valid time value.": "Giờ phải có dạng giờ:phút, ví dụ 16:20.",
}

_PLAIN_FORM = (
    "Cách một dòng trống giữa các đoạn. Dòng bắt đầu bằng “- ” là một mục của danh sách (“+ ” là mục con); "
    "dòng bắt đầu bằng “[Ảnh] ” là chú thích ảnh."
)


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
        [InputRequired(_REQUIRED), Length(max=100, message="Tên đăng nhập dài quá 100 ký tự. Hãy kiểm tra lại.")],
    )
    login_password = PasswordField("Mật khẩu", [InputRequired(_REQUIRED)])


class WithdrawForm(Form):
    reason = StringField(
        "Lý do thu hồi",
        [InputRequired("Hãy ghi lý do: người đọc sẽ thấy lý do này."), Length(max=300, message="Tối đa 300 ký tự.")],
    )


class ArticleForm(Form):
    """An article as a clerk writes it, in the plain form of `markup.plain_to_html`.

    `key` makes sending twice the same as sending once.
    """

    key = HiddenField()
    seen_hash = HiddenField()
    ward = SelectField("Phường, xã", [InputRequired("Hãy chọn phường, xã.")], validate_choice=False)
    category = SelectField("Chuyên mục", [InputRequired("Hãy chọn chuyên mục.")], validate_choice=False)
    title = StringField("Tiêu đề", [InputRequired("Hãy nhập tiêu đề.")])
    author = StringField("Tác giả", description="Để trống thì ghi tên Ủy ban nhân dân.")
    published_day = DateField("Ngày đăng", [InputRequired("Hãy nhập ngày đăng, ví dụ 13/09/2023.")])
    published_time = TimeField(
        "Giờ đăng", [Optional()], description="Để trống nếu không rõ giờ. Giờ ở tương lai: bài sẽ tự đăng vào lúc đó."
    )
    content = TextAreaField("Nội dung", [InputRequired("Hãy nhập nội dung.")], description=_PLAIN_FORM)
    content_html = TextAreaField("Nội dung (HTML)", description="Bài này có định dạng riêng nên được sửa ở dạng HTML.")
    photos = MultipleFileField(
        "Thêm ảnh", description="Có thể chọn nhiều ảnh JPEG, PNG, WebP hoặc GIF. Ảnh được đặt ở cuối bài."
    )
    photo_captions = TextAreaField("Chú thích ảnh", description="Mỗi dòng là chú thích của một ảnh, theo thứ tự.")
    correction_note = StringField(
        "Ghi chú đính chính",
        [Length(max=300, message="Tối đa 300 ký tự.")],
        description="Không bắt buộc. Người đọc thấy ghi chú này ở đầu bài, ví dụ: sửa số người dự họp.",
    )

    def set_choices(self, wards: Sequence[Ward], categories: Iterable[Category], *, today: date) -> None:
        """Offer the wards (the living first) and categories."""
        living = [(ward.slug, ward.name) for ward in wards if ward.lives_on(today)]
        closed = [(ward.slug, f"{ward.name} (đến {ward.valid_to:%d/%m/%Y})") for ward in wards if ward.has_ended(today)]
        groups = {"Đơn vị hiện nay": living, "Đơn vị trước sắp xếp": closed}
        self.ward.choices = {name: choices for name, choices in groups.items() if choices}
        self.category.choices = [("", "– chọn –"), *((category.slug, category.label) for category in categories)]
        if len(wards) > 1:
            self.ward.choices = {"": [("", "– chọn –")], **self.ward.choices}

    def fill(self, article: Article) -> None:
        """Show what is stored."""
        # Photos at the end of the article are kept and taken out by themselves; they are no reason to edit HTML.
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
        }
        for name, value in values.items():
            self[name].data = value

    def use_html(self, is_html: bool) -> None:
        """Leave only one of the two fields for the content: HTML where the article is more than paragraphs."""
        if is_html:
            del self.content
        else:
            del self.content_html

    def to_draft(self, *, categories: tuple[str, ...], images: tuple[DraftImage, ...] = ()) -> Draft:
        """Return what was typed; called when the form is valid."""
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
        """Put what ingest found wrong beside the fields."""
        fields = {"published": "published_day", "content": "content" if "content" in self else "content_html"}
        for problem in problems:
            name = "photos" if problem.field.startswith("images") else fields.get(problem.field, problem.field)
            field = self[name] if name in self else self.title
            field.errors = [*field.errors, problem.message_vi]
