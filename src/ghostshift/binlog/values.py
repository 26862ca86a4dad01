"""Key values: from the bytes of a row image to the forms of model.key.

The storage forms are described in the MySQL documentation of the table map and row events ("Table_map_event", "Date and
Time Data Type Representation"). A reader gets exactly the bytes of one value and must never look beyond them.
Only columns of keys come here, so nothing here is for types that no key can have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import TypeAlias

Reader: TypeAlias = Callable[[bytes], Hashable]

_DIGITS_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
"""Bytes that so many decimal digits take in a packed DECIMAL; nine are a full group."""
_DATETIME_ZERO = 1 << 39
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def signed(raw: bytes) -> int:
    """A little-endian integer with a sign."""
    return int.from_bytes(raw, "little", signed=True)


def unsigned(raw: bytes) -> int:
    """A little-endian integer without a sign; also the ordinal of an ENUM and the mask of a SET."""
    return int.from_bytes(raw, "little")


def bits(raw: bytes) -> int:
    """A BIT value: big-endian."""
    return int.from_bytes(raw, "big")


def year(raw: bytes) -> int:
    """A YEAR: years since 1900, and 0 for the year 0000."""
    return raw[0] and raw[0] + 1900


def nothing(_: bytes) -> Hashable:
    """NULL."""
    return None


def padded(length: int) -> Reader:
    """A BINARY(length): the log leaves out the zeros at the end."""
    return lambda raw: raw.ljust(length, b"\0")


def decimal_bytes(precision: int, scale: int) -> int:
    """How many bytes a packed DECIMAL(precision, scale) takes."""
    whole = precision - scale
    return whole // 9 * 4 + _DIGITS_BYTES[whole % 9] + scale // 9 * 4 + _DIGITS_BYTES[scale % 9]


def packed_decimal(precision: int, scale: int) -> Reader:
    """A DECIMAL: groups of nine digits in four bytes, big-endian, the first bit inverted, all inverted if negative."""
    whole = precision - scale
    groups = [(_DIGITS_BYTES[whole % 9], whole % 9)] if whole % 9 else []
    groups += [(4, 9)] * (whole // 9 + scale // 9)
    groups += [(_DIGITS_BYTES[scale % 9], scale % 9)] if scale % 9 else []

    def read(raw: bytes) -> Hashable:
        negative = not raw[0] & 0x80
        if negative:
            raw = bytes(byte ^ 0xFF for byte in raw)
        raw = bytes((raw[0] ^ 0x80,)) + raw[1:]
        number = at = 0
        for width, digits in groups:
            group = int.from_bytes(raw[at : at + width], "big")
            limit = 10**digits
            if group >= limit:
                raise ValueError(f"{group} stands where {digits} decimal digits should be")
            number = number * limit + group
            at += width
        # From text, for arithmetic would round to the context's 28 digits.
        return Decimal(f"{'-' if negative else ''}{number}E-{scale}")

    return read


def date(raw: bytes) -> str:
    """A DATE: day in 5 bits, month in 4, year in 15."""
    packed = int.from_bytes(raw, "little")
    return f"{packed >> 9:04d}-{packed >> 5 & 15:02d}-{packed & 31:02d}"


def old_datetime(raw: bytes) -> str:
    """A DATETIME as MySQL before 5.6 stored it: the number YYYYMMDDhhmmss."""
    day, moment = divmod(int.from_bytes(raw, "little"), 1_000_000)
    return (
        f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d} "
        f"{moment // 10_000:02d}:{moment // 100 % 100:02d}:{moment % 100:02d}.000000"
    )


def old_time(raw: bytes) -> int:
    """A TIME as MySQL before 5.6 stored it: the number hhmmss with a sign."""
    packed = int.from_bytes(raw, "little", signed=True)
    size = abs(packed)
    total = (size // 10_000 * 3600 + size // 100 % 100 * 60 + size % 100) * 1_000_000
    return -total if packed < 0 else total


def old_timestamp(raw: bytes) -> str:
    """A TIMESTAMP as MySQL before 5.6 stored it: seconds, little-endian."""
    return _moment(int.from_bytes(raw, "little"), 0)


def timestamp(fraction: int) -> Reader:
    """A TIMESTAMP: seconds since 1970, big-endian, then the fraction."""
    width, unit = _fraction(fraction)

    def read(raw: bytes) -> str:
        return _moment(int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4 : 4 + width], "big") * unit)

    return read


def datetime(fraction: int) -> Reader:
    """A DATETIME: 1 bit sign, 17 bits year*13+month, 5 day, 5 hour, 6 minute, 6 second; then the fraction."""
    width, unit = _fraction(fraction)

    def read(raw: bytes) -> str:
        packed = int.from_bytes(raw[:5], "big") - _DATETIME_ZERO
        if packed < 0:
            raise ValueError("a DATETIME before the year 0")
        month = packed >> 22
        micro = int.from_bytes(raw[5 : 5 + width], "big") * unit
        return (
            f"{month // 13:04d}-{month % 13:02d}-{packed >> 17 & 31:02d} "
            f"{packed >> 12 & 31:02d}:{packed >> 6 & 63:02d}:{packed & 63:02d}.{micro:06d}"
        )

    return read


def time(fraction: int) -> Reader:
    """A TIME: one signed number, offset by half its range, of which the low bytes are the fraction."""
    width, unit = _fraction(fraction)
    zero = 1 << (8 * (3 + width) - 1)

    def read(raw: bytes) -> int:
        packed = int.from_bytes(raw, "big") - zero
        size = abs(packed)
        whole, part = size >> 8 * width, size & (1 << 8 * width) - 1
        total = ((whole >> 12) * 3600 + (whole >> 6 & 63) * 60 + (whole & 63)) * 1_000_000 + part * unit
        return -total if packed < 0 else total

    return read


def fraction_bytes(fraction: int) -> int:
    """How many bytes so many digits of fractional seconds take."""
    if not 0 <= fraction <= 6:
        raise ValueError(f"{fraction} digits of fractional seconds")
    return (fraction + 1) // 2


def _fraction(fraction: int) -> tuple[int, int]:
    width = fraction_bytes(fraction)
    return width, (0, 10_000, 100, 1)[width]


def _moment(seconds: int, micro: int) -> str:
    """Seconds since 1970 as UTC text; zero stands for the zero date. Four bytes end in 2106, well within datetime."""
    if not seconds:
        return f"0000-00-00 00:00:00.{micro:06d}"
    return f"{_EPOCH + dt.timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}.{micro:06d}"
