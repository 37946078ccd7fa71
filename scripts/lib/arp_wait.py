#!/usr/bin/env python3
"""Renames a file and asks for an IPv4 address by ARP every millisecond until somebody answers.

usage: arp_wait.py INTERFACE SOURCE_IP TARGET_IP TIMEOUT_SECONDS FROM TO
prints: "<microseconds from the rename to the first reply> <MAC>"
exit code: 1 when nobody answered in time, 3 when somebody answered before the rename.
"""
import os
import socket
import struct
import sys
import time

interface, source, target, timeout = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
ETH_P_ARP = 0x0806
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP))
sock.bind((interface, ETH_P_ARP))
mac = sock.getsockname()[4]
source_bytes, target_bytes = socket.inet_aton(source), socket.inet_aton(target)
request = b"\xff" * 6 + mac + struct.pack("!HHHBBH", ETH_P_ARP, 1, 0x0800, 6, 4, 1)
request += mac + source_bytes + b"\0" * 6 + target_bytes + b"\0" * 18


def answerer():
    """Asks once and waits a millisecond; the MAC of who answers, or None."""
    sock.send(request)
    try:
        while True:
            frame = sock.recv(2048)
            # An answer (operation 2) to us whose sender address is the one asked for.
            if frame[0:6] == mac and frame[20:22] == b"\x00\x02" and frame[28:32] == target_bytes:
                return ":".join(f"{byte:02x}" for byte in frame[22:28])
    except TimeoutError:
        return None


sock.settimeout(0.001)
if answerer() is not None:
    sys.exit(3)
start = time.monotonic()
os.rename(sys.argv[5], sys.argv[6])
while time.monotonic() < start + timeout:
    who = answerer()
    if who is not None:
        print(round((time.monotonic() - start) * 1e6), who)
        sys.exit(0)
sys.exit(1)
