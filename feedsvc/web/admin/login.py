"""Who is there, person or program, and who may do what. Permission is decided in `may_write_for` and nowhere else."""

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ...accounts import Token, User
from ...database import transaction
from ...models import VIETNAM, Ward
from ...passwords import verify_password
from ...store import users
from ...store.areas import list_areas_of_ward
from ...store.tokens import find_token, record_token_use
from ...store.wards import list_names_of_unit
from ..api.problems import ApiError
from ..context import get_db, get_now, get_settings
from .forms import LoginForm

P = ParamSpec("P")
_TOKEN = "token"  # noqa: S105 - the name of the field in the cookie, no secret
MOST_FAILURES = 8
FAILURE_WINDOW = timedelta(minutes=15)
# A read must not cost a write: the use of a token is noted once in this time.
USE_NOTED = timedelta(minutes=1)


class TooManyFailuresError(Exception):
    """Somebody guesses passwords: this name has failed too often from this address."""


def may_write_for(writer: User | Token, ward: Ward, *, on: date | None = None) -> bool:
    """Tell if somebody may post, edit and withdraw articles of that ward; a token may read only those, too.

    Who writes for a unit does so under each of its names: a renaming needs no new clerk and no new token. `on` is the
    day of the article (in Việt Nam): it decides to which areas the ward belongs.
    """
    if isinstance(writer, Token) and writer.area is not None:
        return on is not None and writer.area in list_areas_of_ward(get_db(), ward.id, on=on)
    if writer.ward is None:
        return isinstance(writer, Token) or writer.role == "administrator"
    return ward.id in {name.id for name in list_names_of_unit(get_db(), writer.ward)}


def list_own_names(writer: User | Token) -> list[Ward]:
    """List the names by today of the unit that somebody writes for, that of today first; none where it is not one."""
    today = get_now().astimezone(VIETNAM).date()
    names = [] if writer.ward is None else list_names_of_unit(get_db(), writer.ward)
    return [name for name in names if name.valid_from <= today]


def get_token() -> Token:
    """Return the token of this request (RFC 6750), and note its use. Raises ApiError 401.

    Nothing but the header Authorization counts: no cookie, so no page of another site can use somebody's session.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _ask_for_token("send the header Authorization: Bearer TOKEN (feedsvc tokens add makes one)", "")
    db, now = get_db(), get_now()
    token = find_token(db, secret.strip())
    state = "not known" if token is None else token.state_at(now)
    if token is None or state != "valid":
        raise _ask_for_token(f"the token is {state}", f', error="invalid_token", error_description="{state}"')
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED:
        with transaction(db):
            record_token_use(db, token, now=now)
    return token


def _ask_for_token(detail: str, why: str) -> ApiError:
    return ApiError("token", detail, headers={"WWW-Authenticate": f'Bearer realm="feedsvc"{why}'})


def log_in(name: str, password: str) -> User | None:
    """Check name and password and start a server-side session; None where they do not fit."""
    db, now, address = get_db(), get_now(), request.remote_addr or ""
    with transaction(db):
        failures = users.list_failed_logins(db, name, address, since=now - FAILURE_WINDOW)
    if len(failures) >= MOST_FAILURES:
        raise TooManyFailuresError
    found = users.find_user(db, name)
    # Outside of a transaction: argon2 takes its time on purpose.
    is_right = verify_password(password, found[1] if found else None)
    if found is None or not is_right:
        with transaction(db):
            users.record_failed_login(db, name, address, now=now, kept=FAILURE_WINDOW)
        return None
    token = secrets.token_urlsafe(32)
    with transaction(db):
        users.save_session(db, found[0], token, now=now, lasts=timedelta(hours=get_settings().session_hours))
    session.clear()  # a session that somebody else fixed ends here, its CSRF token too
    session[_TOKEN] = token
    session.permanent = True
    return found[0]


def log_out() -> None:
    db = get_db()
    with transaction(db):
        users.delete_session(db, session.get(_TOKEN, ""))
    session.clear()


def find_current_user() -> User | None:
    """Return who is logged in; asked of the database once per request, so that a revoked session ends at once."""
    if "user" not in g:
        token = session.get(_TOKEN)
        g.user = users.find_session_user(get_db(), token, now=get_now()) if token else None
    user = g.user
    assert user is None or isinstance(user, User)
    return user


def get_current_user() -> User:
    user = find_current_user()
    if user is None:
        abort(403)
    return user


def ask_to_log_in(*, target: str, kept: list[tuple[str, str]], form: LoginForm | None = None) -> str:
    """Render the login form; `kept` are the fields of a form that was sent when the session had ended."""
    own = {"csrf_token", "login_name", "login_password", "next"}
    hidden = [(name, value) for name, value in kept if name not in own]
    return render_template("admin/login.html", form=form or LoginForm(formdata=None), next=target, kept=hidden)


def login_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if find_current_user() is not None:
            return view(*args, **kwargs)
        if request.method == "POST":
            # The session ended while somebody was writing: what was typed goes through the login form and comes back.
            return ask_to_log_in(target=request.path, kept=list(request.form.items(multi=True))), 401
        return redirect(url_for("admin.login", next=request.full_path.rstrip("?")))

    return wrapped


def safe_next(target: str | None) -> str:
    """Return where to go after the login: a path of the administration, never another site."""
    home = url_for("admin.home")
    if not target:
        return home
    parts = urlsplit(target.replace("\\", "/"))
    return target if not parts.scheme and not parts.netloc and parts.path.startswith("/admin/") else home
