"""Every query. Plain functions that take `db` first; writers are called inside `database.transaction(db)`.

Rows become values of `models` here and nowhere else.
"""
