"""ROWS: SQLite, the only truth about who has what. One file of SQL per noun."""
