"""Whether others can reach an address."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
