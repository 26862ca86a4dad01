"""Floor 2: our own reader of the binary log. It decodes the key columns of watched tables and skips all else.

::

    stream    a server's dump, from a position        (the only module here that waits)
    packets   bytes of a connection -> whole packets
    decoder   whole events -> model.change values
    tablemap, rows, values    one row event -> keys
    events, xa, compressed    what the other events say

Nothing here imports the driver; nothing here ever holds a row.
"""
