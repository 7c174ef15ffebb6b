"""A connected socket, plain or TLS, that never blocks."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from navien_sync.watch import READ, WRITE

__all__ = ["ByteStream"]

CHUNK = 65536


class ByteStream:
    """Bytes to and from a connected, non-blocking socket, which is the stream's from now on.

    TLS works on buffers in memory: so it never waits for a direction of its own, and holds nothing back that a
    selector would not see.

    Args:
        sock: the socket.
        context: for TLS; ``None`` for none.
        host: what the certificate must be for.

    Raises:
        OSError, ValueError: TLS cannot be begun with that host; the socket is the caller's then.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, host: str) -> None:
        self.sock = sock
        self.spent = False
        """Whether ``receive`` took all there was, so that asking again is for the selector; TLS never says so."""
        self._out = bytearray()
        self._tls: ssl.SSLObject | None = None
        self._shaken = context is None
        self._read_in, self._written_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        if context is not None:
            self._tls = context.wrap_bio(self._read_in, self._written_out, server_hostname=host)

    @property
    def wanted(self) -> int:
        """What to wait for (READ, or READ and WRITE) before anything can go on."""
        return READ | WRITE if self._out else READ

    @property
    def unsent(self) -> int:
        """How many bytes wait to be sent."""
        return len(self._out)

    def shake_hands(self) -> bool:
        """Go on with the TLS handshake, if there is one; whether the stream is open.

        Raises:
            OSError, ValueError: the connection or TLS failed, or the certificate is not accepted.
        """
        if self._tls is not None and not self._shaken:
            self._fill()
            try:
                self._tls.do_handshake()
                self._shaken = True
            except ssl.SSLWantReadError:
                pass
            except (OSError, ValueError):
                with suppress(OSError):
                    self.send()  # the alert that tells the other side what is wrong
                raise
            self.send()
        return self._shaken

    def receive(self) -> bytes | None:
        """What came; ``None`` when nothing did, ``b""`` at the end.

        Raises:
            OSError: the connection broke.
        """
        if self._tls is None:
            return self._recv()
        data = self._decrypted(self._tls)
        if data is None and self._fill():
            data = self._decrypted(self._tls)
        return data

    def send(self, data: bytes = b"") -> None:
        """Send ``data`` after what still waits, as far as it goes now.

        Raises:
            OSError: the connection broke.
        """
        if self._tls is None:
            self._out += data
        else:
            if data:
                self._tls.write(data)
            self._out += self._written_out.read()
        try:
            while self._out:
                with memoryview(self._out) as waiting:
                    sent = self.sock.send(waiting)
                del self._out[:sent]
        except BlockingIOError:
            return

    def close(self) -> None:
        """Close the socket at once."""
        self.sock.close()

    def _recv(self) -> bytes | None:
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return None
        self.spent = self._tls is None and len(data) < CHUNK
        return data

    def _fill(self) -> bool:
        """Hand TLS what came; false when nothing did."""
        data = self._recv()
        if data:
            self._read_in.write(data)
        elif data is not None:
            self._read_in.write_eof()
        return data is not None

    def _decrypted(self, tls: ssl.SSLObject) -> bytes | None:
        """All that TLS can give: none of it may stay where no selector sees it."""
        data = bytearray()
        try:
            while chunk := tls.read(CHUNK):
                data += chunk
        except ssl.SSLWantReadError:
            return bytes(data) or None
        except ssl.SSLEOFError:
            pass  # the end, without TLS's own goodbye; MQTT and the WebSocket have theirs
        return bytes(data)
