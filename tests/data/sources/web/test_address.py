"""No name, spelling or wrapping of an address leads into a private network."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import NotAllowedError
from chainring.data.sources.web.address import checked, system_resolver, why_not

REFUSED = [
    "127.0.0.1", "127.8.8.8", "::1", "10.0.0.8", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "169.254.0.1", "100.64.0.1", "100.127.255.255",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "0.0.0.0", "0.1.2.3", "255.255.255.255",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "198.18.0.1", "192.0.2.1", "198.51.100.1",
    "203.0.113.1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "100::1", "3fff::1", "5f00::1", "4000::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2606:4700::1111", "2400:3200::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert why_not(address)
    with pytest.raises(NotAllowedError, match="is not asked"):
        checked("shop.example", 80, resolver=lambda *_: [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_asked(address: str) -> None:
    assert checked("shop.example", 443, resolver=lambda *_: [address]) == [address]


@given(st.ip_addresses())
def test_what_python_calls_not_global_is_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_global and not _is_mapped_public(address):
        assert why_not(str(address)), address


def _is_mapped_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return False
    inner = address.ipv4_mapped or address.sixtofour
    in_nat64 = address in ipaddress.ip_network("64:ff9b::/95") or int(address) < 1 << 32
    return bool(inner and not why_not(str(inner))) or in_nat64


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(NotAllowedError, match=r"10\.0\.0\.8 is private"):
        checked("shop.example", 80, resolver=lambda *_: ["8.8.8.8", "10.0.0.8"])


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((NotAllowedError, socket.gaierror)):
        checked(host, 80, resolver=system_resolver)
    with pytest.raises(NotAllowedError):
        checked("127.0.0.1", 80, resolver=system_resolver)


def test_a_name_in_the_recipe_may_be_private_and_no_other_name_for_the_same_machine() -> None:
    def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    allowed = ("intranet.example", "127.0.0.1:8000")
    assert checked("intranet.example", 80, resolver=resolver, allow_private=allowed)
    assert checked("127.0.0.1", 8000, resolver=resolver, allow_private=allowed)
    for host, port in (("127.0.0.1", 8001), ("evil.example", 8000), ("a.intranet.example", 80)):
        with pytest.raises(NotAllowedError):
            checked(host, port, resolver=resolver, allow_private=allowed)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0"])
def test_metadata_and_multicast_stay_refused_even_for_a_name_in_the_recipe(address: str) -> None:
    with pytest.raises(NotAllowedError, match="is not asked"):
        checked("a.example", 80, resolver=lambda *_: [address], allow_private=("a.example",))


def test_the_refusal_names_what_to_write_into_the_recipe() -> None:
    with pytest.raises(NotAllowedError, match=r'allow_private = \["127\.0\.0\.1:8000"\]'):
        checked("127.0.0.1", 8000, resolver=lambda *_: ["127.0.0.1"])
    with pytest.raises(NotAllowedError) as refused:
        checked("a.example", 80, resolver=lambda *_: ["169.254.169.254"])
    assert "allow_private" not in str(refused.value)
