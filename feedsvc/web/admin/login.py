"""Who sits at the desk: log in, log out, and send whoever has no session to the login form."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ...accounts import User
from ...addresses import ADMIN
from ...database import transaction
from ...passwords import verify_password
from ...store import users
from ..context import get_db, get_now, get_settings
from .forms import LoginForm

P = ParamSpec("P")
_TOKEN = "token"  # noqa: S105 - the name of the field in the cookie, no secret
MOST_FAILURES = 8
FAILURE_WINDOW = timedelta(minutes=15)


class TooManyFailuresError(Exception):
    """Somebody guesses passwords: this name has failed too often from this address."""


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
    return target if not parts.scheme and not parts.netloc and parts.path.startswith(ADMIN) else home
