"""Recover, after a restore, articles that the replaced database has beyond the restored one."""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

import click

from ..articles.recover import Left, recover
from ..backup import copy_database
from ..database import migrate, open_database
from ..instance import load_media_folder
from ..store.history import list_beyond
from .context import get_now, open_instance


def recover_from(replaced: Path) -> None:
    """Recover the articles of the instance in a folder, with their guids. Idempotent.

    Exit status 1 if an article could not be brought in.
    """
    count = left = 0
    with open_instance(writes=True) as work, tempfile.TemporaryDirectory(prefix="feedsvc-recover-") as folder:
        # A copy: what was moved aside stays as it was, and may have to be brought to this version.
        path = Path(folder) / "feedsvc.db"
        copy_database(replaced / "feedsvc.db", path)
        with closing(open_database(path)) as other:
            migrate(other)
            beyond = list_beyond(work.db, path)
            media = load_media_folder(work.settings)
            files = replaced / "media"
            for item in recover(work.db, other, beyond, media=media, files=files, site=work.site, now=get_now()):
                if isinstance(item, Left):
                    left += 1
                    click.echo(f"{item.article.id}  {item.article.title}: {item.reason}", err=True)
                else:
                    count += 1
    click.echo(f"{count} brought in, {left} left")
    sys.exit(1 if left else 0)
