"""Table shapes as data: the kinds of key that a migration must follow, each with a codec between number and key.

Everything about a row is a function of small integers, written twice: in Python for the writers, in SQL for filling and
for verifying a million rows where they are. The two must agree to the byte; a test on real servers holds them together.
A codec must be one to one: no two numbers share a key, and no key but its own decodes to a number.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ghostshift.demo.ledger import Row

Value: TypeAlias = int | str | bytes | dt.datetime | None
Values: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCodec:
    """A primary key and its two-way mapping with a number n >= 0. `{n}` in the SQL texts stands for the number."""

    ddl: tuple[str, ...]
    columns: tuple[str, ...]
    encode: Callable[[int, int], Values]
    """The key of number n, in the spelling `variant`."""
    decode: Callable[[Values], tuple[int, int]]
    """Number and spelling; raises ValueError for a key that no number has."""
    sql_encode: tuple[str, ...]
    sql_decode: str
    variants: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The columns beside key and tag, whose first is the counter k; `{n}` in the SQL texts stands for the seed."""

    ddl: tuple[str, ...]
    columns: tuple[str, ...]
    make: Callable[[int], Values]
    """Values of all columns but k, from a seed."""
    sql: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of table."""

    name: str
    key: KeyCodec
    payload: Payload
    tagged: bool
    """Whether it has a secondary unique column `tag`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of `values`."""
        return (*self.key.columns, "k", *(("tag",) if self.tagged else ()), *self.payload.columns)

    def create_sql(self, table: str) -> str:
        """CREATE TABLE for the quoted name `table`."""
        parts = [*self.key.ddl, "`k` int NOT NULL DEFAULT 0"]
        parts += ["`tag` bigint NULL"] if self.tagged else []
        parts += [*self.payload.ddl, f"PRIMARY KEY ({', '.join(self.key.columns)})", "KEY k_1 (`k`)"]
        parts += ["UNIQUE KEY tag_1 (`tag`)"] if self.tagged else []
        return f"CREATE TABLE {table} ({', '.join(parts)}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"

    def filled(self, n: int) -> Row:
        """The row that filling makes for number n."""
        return Row(n * 7919 % 1000003, n, n if self.tagged else None)

    def values(self, n: int, row: Row) -> Values:
        """All column values of a row."""
        tag: Values = (row.tag,) if self.tagged else ()
        return (*self.key.encode(n, row.variant), row.k, *tag, *self.payload.make(row.seed))

    def sql_filled(self, number: str) -> tuple[str, ...]:
        """The same for a filled row, as SQL expressions over the expression `number`."""
        tag = ("{n}",) if self.tagged else ()
        texts = (*self.key.sql_encode, "{n} * 7919 MOD 1000003", *tag, *self.payload.sql)
        return tuple(text.replace("{n}", number) for text in texts)


def literal(value: Value) -> str:
    """A value as the writers put it into a statement."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, dt.datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S.%f}'"
    text = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


# --- payloads -------------------------------------------------------------------------------------------------------


def _digest(seed: int) -> str:
    # SHA2, for MySQL 9.7 has no MD5 and no SHA1 without a component.
    return hashlib.sha256(b"%d" % seed).hexdigest()


def _sysbench_texts(seed: int) -> Values:
    digest = _digest(seed)
    return (digest * 2)[:119], digest[::-1][:59]


def _mixed_texts(seed: int) -> Values:
    # Never both NULL: two seeds must never make the same row, or an update would change nothing.
    digest = _digest(seed)
    note = None if seed % 11 == 0 else f"ß€😀'{digest[:32]}"
    return note, None if seed % 11 == 1 else bytes.fromhex(digest[:32]) + b"\0"


SYSBENCH_TEXTS = Payload(
    ddl=("`c` char(120) NOT NULL DEFAULT ''", "`pad` char(60) NOT NULL DEFAULT ''"),
    columns=("c", "pad"),
    make=_sysbench_texts,
    sql=("LEFT(REPEAT(SHA2({n}, 256), 2), 119)", "LEFT(REVERSE(SHA2({n}, 256)), 59)"),
)
MIXED = Payload(
    ddl=("`note` varchar(60) CHARACTER SET utf8mb4 NULL", "`raw` varbinary(40) NULL"),
    columns=("note", "raw"),
    make=_mixed_texts,
    sql=(
        "IF({n} MOD 11 = 0, NULL, CONCAT('ß€😀''', LEFT(SHA2({n}, 256), 32)))",
        "IF({n} MOD 11 = 1, NULL, CONCAT(UNHEX(LEFT(SHA2({n}, 256), 32)), x'00'))",
    ),
)


# --- keys -----------------------------------------------------------------------------------------------------------


def _number(text: str, base: int = 10) -> int:
    """A number in its one canonical spelling."""
    number = int(text, base)
    if number < 0 or not text.isascii() or not text.isalnum() or (text[0] == "0" and text != "0"):
        raise ValueError(text)
    return number


def _plain_decode(key: Values) -> tuple[int, int]:
    if not isinstance(key[0], int) or key[0] < 1:
        raise ValueError(key)
    return key[0] - 1, 0


PLAIN = KeyCodec(
    ddl=("`id` int NOT NULL AUTO_INCREMENT",),
    columns=("id",),
    encode=lambda n, _variant: (n + 1,),
    decode=_plain_decode,
    sql_encode=("{n} + 1",),
    sql_decode="CAST(id AS SIGNED) - 1",
)

_TENANTS = 50


def _composite_decode(key: Values) -> tuple[int, int]:
    tenant, code = key
    if not isinstance(tenant, int) or not isinstance(code, str) or not code.startswith("ü"):
        raise ValueError(key)
    if not -10 <= tenant < _TENANTS - 10:
        raise ValueError(key)
    return _number(code[1:]) * _TENANTS + tenant + 10, 0


COMPOSITE = KeyCodec(
    ddl=("`tenant` int NOT NULL", "`code` varchar(20) CHARACTER SET latin1 NOT NULL"),
    columns=("tenant", "code"),
    encode=lambda n, _variant: (n % _TENANTS - 10, f"ü{n // _TENANTS}"),
    decode=_composite_decode,
    sql_encode=("CAST({n} MOD 50 AS SIGNED) - 10", "CONCAT('ü', {n} DIV 50)"),
    sql_decode="(CAST(SUBSTRING(code, 2) AS SIGNED) * 50 + (tenant + 10))",
)

_SPELLINGS = ("strase-", "Strase-", "STRASE-", "straße-", "STRÄSE-", "strase-")
"""Equal in utf8mb4_general_ci, which also ignores the blank that the last variant ends in."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(n: int) -> str:
    """A number with ten digits and 26 letters, as CONV(n, 10, 36) writes it, in lower case."""
    text = ""
    while n or not text:
        n, digit = divmod(n, 36)
        text = _DIGITS[digit] + text
    return text


def _text_encode(n: int, variant: int) -> Values:
    digits = base36(n)
    if variant == 2:
        digits = digits.upper()
    return (_SPELLINGS[variant] + digits + (" " if variant == 5 else ""),)


def _text_decode(key: Values) -> tuple[int, int]:
    text = key[0]
    if not isinstance(text, str):
        raise ValueError(key)  # noqa: TRY004 - one error for every key that is nobody's
    number = int(text[7:].strip() or "-1", 36)
    for variant in range(len(_SPELLINGS)):
        if number >= 0 and _text_encode(number, variant) == (text,):
            return number, variant
    raise ValueError(key)


TEXT = KeyCodec(
    ddl=("`name` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL",),
    columns=("name",),
    encode=_text_encode,
    decode=_text_decode,
    sql_encode=("CONCAT('strase-', LOWER(CONV({n}, 10, 36)))",),
    sql_decode="CAST(CONV(SUBSTRING(RTRIM(name), 8), 36, 10) AS SIGNED)",
    variants=len(_SPELLINGS),
)


def _binary_encode(n: int, _variant: int) -> Values:
    return (bytes.fromhex(_digest(n))[:10] + n.to_bytes(6, "big"),)


def _binary_decode(key: Values) -> tuple[int, int]:
    number = int.from_bytes(key[0][10:], "big") if isinstance(key[0], bytes) else -1
    if number < 0 or _binary_encode(number, 0) != key[:1]:
        raise ValueError(key)
    return number, 0


BINARY = KeyCodec(  # every 256th key ends in a zero byte, which row images leave out
    ddl=("`uid` binary(16) NOT NULL",),
    columns=("uid",),
    encode=_binary_encode,
    decode=_binary_decode,
    sql_encode=("CONCAT(UNHEX(LEFT(SHA2({n}, 256), 20)), UNHEX(LPAD(HEX({n}), 12, '0')))",),
    sql_decode="CAST(CONV(HEX(SUBSTRING(uid, 11)), 16, 10) AS SIGNED)",
)

_TOP = 2**64 - 1


def _unsigned_decode(key: Values) -> tuple[int, int]:
    value = key[0]
    if not isinstance(value, int) or not 0 <= value <= _TOP:
        raise ValueError(key)
    number = value if value < 2**63 else _TOP - value
    if (number % 2 == 0) != (value < 2**63):
        raise ValueError(key)
    return number, 0


UNSIGNED = KeyCodec(  # even numbers count up from zero, odd ones down from the greatest value
    ddl=("`big` bigint unsigned NOT NULL",),
    columns=("big",),
    encode=lambda n, _variant: (n if n % 2 == 0 else _TOP - n,),
    decode=_unsigned_decode,
    sql_encode=("IF({n} MOD 2 = 0, CAST({n} AS UNSIGNED), 18446744073709551615 - CAST({n} AS UNSIGNED))",),
    sql_decode="CAST(IF(big < 9223372036854775808, big, 18446744073709551615 - big) AS SIGNED)",
)

_START = dt.datetime(1999, 12, 31, 23, 59, 59, 500000)  # noqa: DTZ001 - DATETIME knows no zone
_STEP = 10_000_001


def _datetime_decode(key: Values) -> tuple[int, int]:
    if not isinstance(key[0], dt.datetime):
        raise ValueError(key)  # noqa: TRY004 - one error for every key that is nobody's
    number, rest = divmod((key[0] - _START) // dt.timedelta(microseconds=1), _STEP)
    if rest or number < 0:
        raise ValueError(key)
    return number, 0


DATETIME = KeyCodec(
    ddl=("`at` datetime(6) NOT NULL",),
    columns=("at",),
    encode=lambda n, _variant: (_START + dt.timedelta(microseconds=n * _STEP),),
    decode=_datetime_decode,
    sql_encode=(f"CAST('{_START:%Y-%m-%d %H:%M:%S.%f}' AS DATETIME(6)) + INTERVAL ({{n}} * {_STEP}) MICROSECOND",),
    sql_decode=f"(TIMESTAMPDIFF(MICROSECOND, '{_START:%Y-%m-%d %H:%M:%S.%f}', at) DIV {_STEP})",
)


def _shape(name: str, key: KeyCodec, payload: Payload = MIXED, *, tagged: bool = True) -> tuple[str, Shape]:
    return name, Shape(name=name, key=key, payload=payload, tagged=tagged)


SHAPES: dict[str, Shape] = dict(
    [
        _shape("sysbench", PLAIN, SYSBENCH_TEXTS, tagged=False),
        _shape("composite", COMPOSITE),
        _shape("text", TEXT),
        _shape("binary", BINARY),
        _shape("unsigned", UNSIGNED),
        _shape("datetime", DATETIME),
        _shape("text-untagged", TEXT, tagged=False),
        _shape("composite-untagged", COMPOSITE, tagged=False),
    ]
)
"""By name. The tagged ones have a secondary unique index, whose values the writers swap."""
