"""Find the token of a request, refuse it if it is invalid, and record its use."""

from datetime import timedelta

from flask import request

from ...accounts import Token
from ...database import transaction
from ...store.tokens import find_token, record_token_use
from ..context import get_db, get_now
from .problems import ApiError

# A read must not cost a write, so the use of a token is recorded at most once in this time.
USE_NOTED = timedelta(minutes=1)


def get_token() -> Token:
    """Return the token of this request (RFC 6750), and record its use. Raises ApiError 401.

    Only the header Authorization counts, not a cookie, so no page of another site can use somebody's session.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _ask_for_token("send the header Authorization: Bearer TOKEN (feedsvc tokens add makes one)", "")
    db, now = get_db(), get_now()
    token = find_token(db, secret.strip())
    state = "not known" if token is None else token.state_at(now)
    if token is None or state != "valid":
        raise _ask_for_token(f"the token is {state}", f', error="invalid_token", error_description="{state}"')
    if token.last_used_at is None or abs(now - token.last_used_at) >= USE_NOTED:
        with transaction(db):
            record_token_use(db, token, now=now)
    return token


def _ask_for_token(detail: str, why: str) -> ApiError:
    return ApiError("token", detail, headers={"WWW-Authenticate": f'Bearer realm="feedsvc"{why}'})
