"""Addresses as people write them."""

from __future__ import annotations

import pytest

from ghostshift.model.address import read_address, show_address
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("db1", ("db1", 3306)),
        (" db1.example.com:3307 ", ("db1.example.com", 3307)),
        ("10.0.0.1:1", ("10.0.0.1", 1)),
        ("[::1]:3307", ("::1", 3307)),
        ("[fe80::1]", ("fe80::1", 3306)),
        ("fe80::1", ("fe80::1", 3306)),
    ],
)
def test_hosts_and_ports_are_read(text: str, address: tuple[str, int]) -> None:
    assert read_address(text) == address
    assert read_address(show_address(*address)) == address


@pytest.mark.parametrize(
    "text", ["", ":3306", "db1:", "db1:x", "db1:0", "db1:65536", "[::1", "[::1]3306", "[]:1", "db1:-1"]
)
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="is not an address such as"):
        read_address(text)


def test_an_endpoint_shows_brackets_where_they_are_needed() -> None:
    assert str(Endpoint(host="::1", port=3307)) == "[::1]:3307"
    assert str(Endpoint(host="db1", port=3307)) == "db1:3307"
