"""Who sits at the desk: log in, log out, and send whoever has no session to the login form."""

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
_TOKEN = "token"  # noqa: S105 - the name of the field in the cookie, no secret
# Failed logins of the last minutes: of one name from one network, and of all names from one network.
FAILURE_WINDOW = timedelta(minutes=15)
MOST_FAILURES = 8
MOST_OF_NETWORK = 100
# Where a name fails from everywhere, one login in this time is judged from networks that its user never came from: slow
# for whoever guesses from many addresses, and no lock for the user, who is known by the network.
MOST_OF_NAME = 40
SLOW_DOWN = timedelta(seconds=5)


class TooManyFailuresError(Exception):
    """Somebody guesses passwords, so this login is not judged; `wait` is when another one may be."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"too many failed logins: wait {wait}")
        self.wait = wait


def log_in(name: str, password: str) -> User | None:
    """Check name and password and start a server-side session; None where they do not fit.

    Raises TooManyFailuresError.
    """
    db, now, network = get_db(), get_now(), network_of(request.remote_addr or "")
    failure_id = _count_first(db, name, network, now=now)
    found = users.find_user(db, name)
    # Outside of a transaction: argon2 takes its time on purpose.
    is_right = verify_password(password, found[1] if found else None)
    if found is None or not is_right:
        return None
    token = secrets.token_urlsafe(32)
    with transaction(db):
        users.forget_failed_login(db, failure_id)
        users.record_login_network(db, found[0], network, now=now)
        users.save_session(db, found[0], token, now=now, lasts=timedelta(hours=get_settings().session_hours))
    session.clear()  # a session that somebody else fixed ends here, its CSRF token too
    session[_TOKEN] = token
    session.permanent = True
    return found[0]


def _count_first(db: Database, name: str, network: str, *, now: datetime) -> int:
    """Count this login as failed before it is judged, so that of many at once no more are judged than are allowed."""
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
    try:
        parts = urlsplit(target.replace("\\", "/"))
    except ValueError:  # "//[": half an IPv6 address
        return home
    return target if not parts.scheme and not parts.netloc and parts.path.startswith(ADMIN) else home
