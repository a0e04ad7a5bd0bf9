"""The guard of tests/conftest.py itself: the outside is refused, loopback is not."""

import asyncio
import socket

import pytest

from tests.conftest import NetworkRefused


def test_an_outside_address_cannot_be_connected_to():
    with socket.socket() as outside, pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))


async def test_an_outside_name_is_not_looked_up():
    with pytest.raises(NetworkRefused, match=r"slack\.com"):
        await asyncio.get_running_loop().getaddrinfo("slack.com", 443)


async def test_loopback_is_open():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.close()
        await writer.wait_closed()
