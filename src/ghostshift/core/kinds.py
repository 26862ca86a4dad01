"""Whether a value is what an annotation says, all the way down. Pure.

What comes out of a text that anybody may have written is of any type; a field of a wrong one would be found out
somewhere in the middle of a run. Knows the annotations that a checkpoint's fields have, and no others.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin, get_type_hints


def is_of(kind: Any, value: object) -> bool:
    """Whether `value` is of this type: a plain one, a dataclass with all its fields, tuple[X, ...], X | Y, Mapping."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        return any(is_of(one, value) for one in inner)
    if origin is tuple:
        return isinstance(value, tuple) and all(is_of(inner[0], one) for one in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(is_of(inner[0], k) and is_of(inner[1], v) for k, v in value.items())
    if is_dataclass(kind):
        fields = get_type_hints(kind)
        return type(value) is kind and all(is_of(hint, getattr(value, name)) for name, hint in fields.items())
    if kind is float:
        return type(value) in (int, float)
    return type(value) is kind or (kind not in (int, bool) and isinstance(kind, type) and isinstance(value, kind))
