"""Log users in and out, and send everybody without a session to the login form."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ...accounts import User, network_of
from ...addresses import ADMIN
from ...database import Database, transaction
from ...passwords import verify_password
from ...store import users
from ..context import get_db, get_now, get_settings
from .forms import LoginForm

P = ParamSpec("P")
_TOKEN = "token"  # noqa: S105 - the name of the field in the cookie, not a secret
# Limits of failed logins within FAILURE_WINDOW: with one name from one network, and with all names from one network.
FAILURE_WINDOW = timedelta(minutes=15)
MOST_FAILURES = 8
MOST_OF_NETWORK = 100
# If a name fails from many networks, only one login per SLOW_DOWN is checked from networks new to its user. This slows
# down guessing from many addresses, and does not lock out the user, whose network is known.
MOST_OF_NAME = 40
SLOW_DOWN = timedelta(seconds=5)


class TooManyFailuresError(Exception):
    """Too many logins failed, so this one is not checked; `wait` is the time until the next one may be."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"too many failed logins: wait {wait}")
        self.wait = wait


def log_in(name: str, password: str) -> User | None:
    """Check name and password and start a server-side session; return None if they do not match.

    Raises TooManyFailuresError.
    """
    db, now, network = get_db(), get_now(), network_of(request.remote_addr or "")
    failure_id = _count_first(db, name, network, now=now)
    found = users.find_user(db, name)
    # Outside of a transaction, because argon2 is slow on purpose.
    is_right = verify_password(password, found[1] if found else None)
    if found is None or not is_right:
        return None
    token = secrets.token_urlsafe(32)
    with transaction(db):
        users.forget_failed_login(db, failure_id)
        users.record_login_network(db, found[0], network, now=now)
        users.save_session(db, found[0], token, now=now, lasts=timedelta(hours=get_settings().session_hours))
    session.clear()  # this ends a session that an attacker may have fixed, with its CSRF token
    session[_TOKEN] = token
    session.permanent = True
    return found[0]


def _count_first(db: Database, name: str, network: str, *, now: datetime) -> int:
    """Count this login as failed before it is checked, so that concurrent logins cannot exceed the limit."""
    with transaction(db):
        failures = users.count_failed_logins(db, name, network, since=now - FAILURE_WINDOW, now=now)
        if failures.of_both >= MOST_FAILURES or failures.of_network >= MOST_OF_NETWORK:
            raise TooManyFailuresError(FAILURE_WINDOW)
        is_slowed = failures.of_name >= MOST_OF_NAME and not users.is_login_network(db, name, network)
        if is_slowed and failures.last_of_name is not None and now - failures.last_of_name < SLOW_DOWN:
            raise TooManyFailuresError(SLOW_DOWN)
        return users.record_failed_login(db, name, network, now=now, kept=FAILURE_WINDOW)


def log_out() -> None:
    db = get_db()
    with transaction(db):
        users.delete_session(db, session.get(_TOKEN, ""))
    session.clear()


def find_current_user() -> User | None:
    """Return the user who is logged in; read the database once per request, so that a revoked session ends at once."""
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
    """Render the login form; `kept` are the fields of a form that was sent after the session had ended."""
    own = {"csrf_token", "login_name", "login_password", "next"}
    hidden = [(name, value) for name, value in kept if name not in own]
    return render_template("admin/login.html", form=form or LoginForm(formdata=None), next=target, kept=hidden)


def login_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if find_current_user() is not None:
            return view(*args, **kwargs)
        if request.method == "POST":
            # The session ended while somebody was writing: the login form carries the text and gives it back.
            return ask_to_log_in(target=request.path, kept=list(request.form.items(multi=True))), 401
        return redirect(url_for("admin.login", next=request.full_path.rstrip("?")))

    return wrapped


def safe_next(target: str | None) -> str:
    """Return the path to go to after the login: one of the administration, never another site."""
    home = url_for("admin.home")
    if not target:
        return home
    try:
        parts = urlsplit(target.replace("\\", "/"))
    except ValueError:  # "//[": half an IPv6 address
        return home
    return target if not parts.scheme and not parts.netloc and parts.path.startswith(ADMIN) else home
