"""The SQL store: tables, transactions, one repository per noun. The only room that knows SQL."""
