"""Which machines may be spoken to: the public internet, and what the recipe names.

Enters a host's name, leave the addresses to connect to, every one of them checked. A page, a
redirect or a name server that points at this computer, its network or a cloud's metadata service
(OWASP API7:2023, server-side request forgery) is refused:

========================================  =====================================================
``127.0.0.1, ::1, 10.0.0.8, 100.64.0.1``  refused, unless the recipe says ``allow_private``
``2130706433, 0x7f.1, ::ffff:127.0.0.1``  the same address in other clothes: refused alike
``169.254.169.254, fe80::1, 224.0.0.1``   refused always
========================================  =====================================================

>>> why_not("::ffff:10.0.0.8"), why_not("8.8.8.8")
('10.0.0.8 is private', '')
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from chainring.contracts.errors import NotAllowedError

Resolver = Callable[[str, int], Sequence[str]]

# IANA special-purpose registries (IPv4: RFC 6890 and later; IPv6: RFC 6890, 9637)
_PRIVATE = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "shared by a provider (CGNAT)": ("100.64.0.0/10",),
}
_NEVER = {
    "a cloud's metadata service": (
        "169.254.169.254/32", "169.254.170.2/32", "100.100.100.200/32", "168.63.129.16/32",
        "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128",
    ),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "of no machine": (
        "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "::/128", "100::/64", "2001::/23",
        "2001:db8::/32", "3fff::/20", "5f00::/16",
    ),
}  # fmt: skip
_Ranges = list[tuple[str, list[tuple[int, int, int]]]]
_GLOBAL_V6 = ip_network("2000::/3")
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


def system_resolver(host: str, port: int) -> list[str]:
    """Return every address that the system knows for a name.

    Raises
    ------
    OSError
        When the name is not known, or nobody can be asked.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked(
    host: str, port: int, *, resolver: Resolver, allow_private: Sequence[str] = ()
) -> list[str]:
    """Return the addresses of a host, when each of them may be spoken to.

    Parameters
    ----------
    host, port
        As they stand in the page's address.
    resolver
        What turns a name into addresses.
    allow_private
        Names (`intranet.example`) or names with port (`127.0.0.1:8000`) whose addresses may be
        loopback, private or CGNAT. It is the name that counts: another name that leads to the same
        machine stays refused.

    Raises
    ------
    NotAllowedError
        When one address may not be spoken to, whatever the others are.
    OSError
        When the name has no address.
    """
    found = list(resolver(host.strip("[]"), port))
    if not found:
        raise OSError(f"{host} has no address")
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    named = shown in allow_private or f"{shown}:{port}" in allow_private
    for address in found:
        fault = _never(address) if named else why_not(address)
        if fault:
            raise NotAllowedError(_sentence(shown, port, fault, named=named))
    return found


def _sentence(shown: str, port: int, fault: str, *, named: bool) -> str:
    if named or not any(fault.endswith(kind) for kind in _PRIVATE):
        return f"{shown} is not asked: {fault}"
    return f'{shown} is not asked: {fault}; if it is yours, allow_private = ["{shown}:{port}"]'


def why_not(address: str) -> str:
    """Return why an address may not be spoken to, or an empty string when it is public."""
    return _never(address) or _kind(_plain(address), _PRIVATE_RANGES) or _foreign(_plain(address))


def _never(address: str) -> str:
    try:
        return _kind(_plain(address), _NEVER_RANGES)
    except ValueError:
        return f"{address!r} is no address"


def _foreign(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return f"{address} is not public"
    return ""


def _plain(address: str) -> IPv4Address | IPv6Address:
    """Return an address without its wrapping: IPv4 within IPv6 is the IPv4 that is reached."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return found
    inner = found.ipv4_mapped or found.sixtofour
    if inner is None and any(found in network for network in _NAT64):
        inner = IPv4Address(int(found) & 0xFFFFFFFF)
    if inner is None and 1 < int(found) < 1 << 32:  # "IPv4-compatible", long withdrawn
        inner = IPv4Address(int(found))
    return inner or found


def _ranges(kinds: dict[str, tuple[str, ...]]) -> _Ranges:
    def bounds(text: str) -> tuple[int, int, int]:
        network = ip_network(text)
        return network.version, int(network[0]), int(network[-1])

    return [(kind, [bounds(text) for text in texts]) for kind, texts in kinds.items()]


_PRIVATE_RANGES, _NEVER_RANGES = _ranges(_PRIVATE), _ranges(_NEVER)


def _kind(address: IPv4Address | IPv6Address, ranges: _Ranges) -> str:
    for kind, bounds in ranges:
        if any(v == address.version and low <= int(address) <= high for v, low, high in bounds):
            return f"{address} is {kind}"
    return ""
