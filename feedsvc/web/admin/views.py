"""The administration for ward clerks: log in, list, post, edit, withdraw, restore."""

import uuid
from dataclasses import replace

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from ...addresses import ADMIN
from ...articles.ingest import EditConflictError, Outcome, WithdrawnError, edit, ingest, restore, withdraw
from ...models import VIETNAM, Article
from ...permissions import list_own_names, may_write_for
from ...problems import RejectedError
from ...store.articles import find_article, list_for_editing
from ...store.categories import list_categories
from ...store.wards import find_ward, list_wards
from ...wording import moment_in_sentence
from ..context import get_db, get_now, get_settings, get_site, get_today
from .forms import BUTTONS, ArticleForm, LoginForm, WithdrawForm
from .login import (
    SLOW_DOWN,
    TooManyFailuresError,
    ask_to_log_in,
    find_current_user,
    get_current_user,
    log_in,
    log_out,
    login_required,
    safe_next,
)
from .uploads import allow_photos, keep_photos, read_photos

blueprint = Blueprint("admin", __name__, url_prefix=ADMIN.rstrip("/"))
PAGE_ENTRIES = 50
blueprint.before_request(allow_photos)

_FORGOTTEN = "Nếu quên mật khẩu, hãy liên hệ người quản trị."
_TOO_OFTEN = f"Bạn đã nhập sai quá nhiều lần. Hãy chờ 15 phút rồi đăng nhập lại. {_FORGOTTEN}"
_TOO_OFTEN_EVERYWHERE = "Tên này vừa bị nhập sai mật khẩu nhiều lần từ nhiều nơi. Hãy thử lại sau vài giây."
_CONFLICT = (
    "Trong lúc bạn viết, bài đã được người khác sửa. Nội dung bạn viết vẫn còn ở đây. Hãy mở bài trong cửa sổ khác để "
    "so sánh; nếu lưu lần nữa, bản của bạn sẽ thay bản kia."
)
_WITHDRAWN = (
    "Bài đã được thu hồi. Nội dung bạn viết vẫn còn ở đây. Hãy mở bài trong cửa sổ khác, đăng lại bài, rồi lưu lần nữa."
)


@blueprint.app_context_processor
def current_user() -> dict[str, object]:
    """Give pages of the administration the user; public pages never read the cookie."""
    return {"user": find_current_user()} if request.blueprint == "admin" else {}


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    form = LoginForm()
    target = request.values.get("next", "")
    kept = list(request.form.items(multi=True))
    if request.method == "GET":
        return ask_to_log_in(target=target, kept=[])
    if form.validate_on_submit():
        try:
            if log_in((form.login_name.data or "").strip(), form.login_password.data or "") is not None:
                has_kept = any(name in request.form for name in ("title", "reason"))
                # 307 sends the kept text on to its form, which shows it again with a new token.
                return redirect(safe_next(target), 307 if has_kept else 302)
            form.login_password.errors = [f"Tên đăng nhập hoặc mật khẩu không đúng. {_FORGOTTEN}"]
        except TooManyFailuresError as error:
            form.login_password.errors = [_TOO_OFTEN if error.wait > SLOW_DOWN else _TOO_OFTEN_EVERYWHERE]
            seconds = str(int(error.wait.total_seconds()))
            return ask_to_log_in(target=target, kept=kept, form=form), 429, {"Retry-After": seconds}
    return ask_to_log_in(target=target, kept=kept, form=form), 422


@blueprint.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    if FlaskForm().validate_on_submit():
        log_out()
    return redirect(url_for("admin.login"))


@blueprint.get("/")
@login_required
def home() -> ResponseReturnValue:
    own: list[int | None] = [name.id for name in list_own_names(get_db(), get_current_user(), today=get_today())]
    before = request.args.get("before", type=int)
    found = [
        article
        for ward_id in own or [None]
        for article in list_for_editing(get_db(), ward_id=ward_id, before_id=before, limit=PAGE_ENTRIES + 1)
    ]
    articles = sorted(found, key=lambda article: article.id, reverse=True)
    return render_template(
        "admin/articles.html",
        articles=articles[:PAGE_ENTRIES],
        has_more=len(articles) > PAGE_ENTRIES,
        logout_form=FlaskForm(),
    )


@blueprint.route("/articles/new", methods=["GET", "POST"])
@login_required
def new_article() -> ResponseReturnValue:
    form = _make_form(None, is_html=False)
    if request.method == "GET":
        now = get_now().astimezone(VIETNAM)
        form.key.data = uuid.uuid4().hex
        form.published_day.data, form.published_time.data = now.date(), now.time().replace(second=0, microsecond=0)
    elif _is_valid(form, None):
        try:
            photos, folder = read_photos()
            draft = form.to_draft(categories=(form.category.data,), images=photos)
            # The key of a form contains its clerk's id, so it can never identify another clerk's article.
            draft = replace(draft, external_id=f"form/{get_current_user().id}/{form.key.data or uuid.uuid4().hex}")
            outcome = ingest(get_db(), draft, site=get_site(), now=get_now(), media=folder)
            flash(_say_posted(outcome.article) if outcome.act == "leave alone" else _say_done(outcome))
            return redirect(url_for("admin.edit_article", article_id=outcome.article.id))
        except RejectedError as error:
            _show_problems(form, error)
    return _render_form(form, None), 422 if form.is_submitted() else 200


@blueprint.route("/articles/<int:article_id>", methods=["GET", "POST"])
@login_required
def edit_article(article_id: int) -> ResponseReturnValue:
    article = _get_own_article(article_id)
    form = _make_form(article, is_html="content_html" in request.form)
    if request.method == "GET":
        form = _fill_form(article)
    elif _is_valid(form, article):
        # The form shows one category; the other ones of the article stay.
        others = tuple(category.slug for category in article.categories[1:])
        try:
            photos, folder = read_photos()
            draft = form.to_draft(
                categories=_keep_label(article, form.category.data) + others, images=keep_photos(article) + photos
            )
            # The fields that the form does not show stay as well.
            draft = replace(draft, source_url=article.source_url, language=article.language)
            seen, now = form.seen_hash.data or "", get_now()
            # Only one of the two buttons for a draft publishes it.
            publish = article.state != "draft" or request.form.get("action") == "publish"
            outcome = edit(
                get_db(), article_id, draft, seen_hash=seen, site=get_site(), now=now, publish=publish, media=folder
            )
            flash(_say_done(outcome))
            return redirect(url_for("admin.edit_article", article_id=article.id))
        except RejectedError as error:
            _show_problems(form, error)
        except EditConflictError as error:
            form.form_errors.append(_CONFLICT)
            form.seen_hash.data, form.seen_hash.raw_data = error.current.content_hash, None
        except WithdrawnError:
            form.form_errors.append(_WITHDRAWN)
    return _render_form(form, article), 422 if form.is_submitted() else 200


@blueprint.post("/articles/<int:article_id>/withdraw")
@login_required
def withdraw_article(article_id: int) -> ResponseReturnValue:
    article = _get_own_article(article_id)
    form = WithdrawForm()
    if article.state == "scheduled":
        del form.reason
    if not form.validate_on_submit():
        return _render_form(_fill_form(article, formdata=None), article, form), 422
    reason = form.reason.data or "" if "reason" in form else ""
    article = withdraw(get_db(), article_id, reason=reason, now=get_now())
    called_off = "Đã hủy lịch đăng. Bài được giữ lại dưới dạng bản nháp."
    flash("Đã thu hồi bài." if article.state == "withdrawn" else called_off)
    return redirect(url_for("admin.edit_article", article_id=article_id))


@blueprint.post("/articles/<int:article_id>/restore")
@login_required
def restore_article(article_id: int) -> ResponseReturnValue:
    _get_own_article(article_id)
    if FlaskForm().validate_on_submit():
        restore(get_db(), article_id, now=get_now())
        flash("Đã đăng lại bài.")
    return redirect(url_for("admin.edit_article", article_id=article_id))


def _make_form(article: Article | None, *, is_html: bool | None, **options: None) -> ArticleForm:
    """Return the form with the choices of the user, and the present values of the article."""
    today = get_today()
    own = list_own_names(get_db(), get_current_user(), today=today)
    form = ArticleForm(**options)
    categories = list_categories(get_db())
    if article is not None and article.categories and article.categories[0].slug not in {c.slug for c in categories}:
        categories.append(article.categories[0])  # it was hidden since
    form.set_choices(own or list_wards(get_db(), begun_by=today), categories, today=today)
    if own and form.ward.data is None:
        form.ward.data = own[0].slug
    ward = article.ward if article is not None else own[0] if own else None
    form.set_hints(
        is_published=article is not None and article.state == "published",
        publisher=ward.publisher if ward is not None else "",
        max_image_bytes=get_settings().max_image_bytes,
    )
    if is_html is not None:
        form.use_html(is_html)
    return form


def _fill_form(article: Article, **options: None) -> ArticleForm:
    """Return the form with the values of the stored article."""
    form = _make_form(article, is_html=None, **options)
    form.fill(article)
    form.use_html(bool(form.content_html.data))
    return form


def _render_form(form: ArticleForm, article: Article | None, withdraw_form: WithdrawForm | None = None) -> str:
    return render_template(
        "admin/article.html",
        form=form,
        article=article,
        buttons=BUTTONS[article.state if article is not None else None],
        withdraw_form=withdraw_form or WithdrawForm(formdata=None),
    )


def _is_valid(form: ArticleForm, article: Article | None) -> bool:
    """Validate, and check that the user may write for the ward that was sent, even one that the form did not offer."""
    if not form.validate_on_submit():
        if "csrf_token" in form.errors:
            buttons = BUTTONS[article.state if article is not None else None]
            button = buttons.get(request.form.get("action", ""), next(iter(buttons.values())))
            form.form_errors.append(
                f"Bài chưa được lưu vì phiên làm việc đã thay đổi. Nội dung vẫn còn nguyên; hãy bấm “{button}” lần nữa."
            )
        return False
    ward = find_ward(get_db(), form.ward.data, today=get_today())
    if ward is None or not may_write_for(get_db(), get_current_user(), ward, on=get_today()):
        form.ward.errors = ["Tài khoản của bạn không có quyền đăng bài cho phường, xã này. Hãy chọn đơn vị khác."]
        return False
    return True


def _show_problems(form: ArticleForm, error: RejectedError) -> None:
    for problem in error.problems:
        if problem.is_ours:
            current_app.logger.error("%s: %s", problem.code, problem.message)
    form.show_problems(error.problems)


def _get_own_article(article_id: int) -> Article:
    article = find_article(get_db(), article_id) if article_id < 2**63 else None
    if article is None:
        abort(404)
    if not may_write_for(get_db(), get_current_user(), article.ward, on=get_today()):
        abort(403)
    return article


def _keep_label(article: Article, slug: str) -> tuple[str, ...]:
    """Return the heading of an unknown section if the category was not changed, else the chosen slug."""
    first = article.categories[0] if article.categories else None
    return (first.label,) if first is not None and first.slug == slug else (slug,)


def _say_done(outcome: Outcome) -> str:
    """Return the message about a saved article."""
    match outcome.act:
        case "correct":
            return "Đã lưu thay đổi, bài trên trang đã được cập nhật."
        case "leave alone":
            return "Bài không có gì thay đổi."
    return _say_posted(outcome.article)


def _say_posted(article: Article) -> str:
    """Return the message about a posted article, even if it was posted twice."""
    match article.state:
        case "published":
            return "Đã đăng bài."
        case "scheduled":
            return f"Đã lưu. Bài sẽ tự đăng lúc {moment_in_sentence(article.published)}."
        case "draft":
            return "Đã lưu bản nháp."
    return "Bài này đã được thu hồi trước đó nên chưa được đăng lại."
