"""Hold every query, as plain functions whose first parameter is `db`.

Only this package turns rows into the values of `models`. Call the writers within `database.transaction(db)`.
"""
