"""The race: ghostshift beside the server's own ALTER, gh-ost and pt-online-schema-change, on throw-away servers.

`scenarios` says what is raced, `race` does it, `figures` and `bars` reckon, `render` and `plots` show. What reckons
must never touch a server, a file or a clock: it is tested without any (tests/unit/bench).
"""
