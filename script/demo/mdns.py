"""The chargers announce themselves over mDNS."""

import asyncio
from contextlib import suppress
import socket
from typing import Any

from zeroconf._protocol.outgoing import DNSOutgoing
from zeroconf.asyncio import AsyncServiceInfo

from .common import HOST
from .stands import Stand

MDNS = ("224.0.0.251", 5353)
# The flags of a response with authority (RFC 6762, section 18).
MDNS_RESPONSE = 0x8400
ANNOUNCE_EVERY_S = 2


def announcement(stand: Stand[Any], ttl: int | None = None) -> list[bytes]:
    """Return the packets of mDNS with what a charger has to announce; ttl 0: that it is gone."""
    info = AsyncServiceInfo(
        "_http._tcp.local.",
        f"{stand.name}._http._tcp.local.",
        port=stand.emulator.port,
        addresses=[socket.inet_aton(HOST)],
        server=f"{stand.name}.local.",
    )
    out = DNSOutgoing(MDNS_RESPONSE)
    records = (info.dns_pointer(ttl), info.dns_service(ttl), info.dns_text(ttl), *info.dns_addresses(ttl))
    for record in records:
        out.add_answer_at_time(record, 0)
    return out.packets()


async def announce(stands: tuple[Stand[Any], ...]) -> None:
    """Announce the chargers over mDNS, to this machine only, as long as it lasts.

    They are announced again and again, for nothing here answers what another one asks: no other Home Assistant in the
    house may see them, and of several on this machine the reply to a question reaches only one.
    """
    named = [stand for stand in stands if stand.name is not None]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        # No packet leaves the machine.
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)

        def send(ttl: int | None) -> None:
            for stand in named:
                for packet in announcement(stand, ttl):
                    # A machine without multicast can do without: the chargers are then added by hand.
                    with suppress(OSError):
                        sender.sendto(packet, MDNS)

        try:
            while True:
                send(None)
                await asyncio.sleep(ANNOUNCE_EVERY_S)
        finally:
            send(0)
