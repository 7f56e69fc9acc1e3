"""The database behind the API: what people made (users, keys) and what the topics tell (orders).

SQLite by default, PostgreSQL by URL, the same tables on both. What the topics tell is written by
the sink alone and can be made again from them; nothing else here can.
"""
