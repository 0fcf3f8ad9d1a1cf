"""A TCP connection, with TLS or without, for programs of the tests that care how it ends. What asyncio
has for TLS cannot end one direction and go on with the other, and does not say how the peer ended it."""
import asyncio
import ssl


class Stream(asyncio.Protocol):
    """Calls opened(), then heard(bytes) for what comes, and ended(how) at the end of that: "FIN", with TLS
    "close_notify" where that came before it, or "RST"."""

    def __init__(self, context=None, server_side=False):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context and context.wrap_bio(self.incoming, self.outgoing, server_side=server_side)
        self.shaken = False
        self.transport = None
        self.how = None
        self.finished = False  # our direction; what still comes is read and thrown away

    def connection_made(self, transport):
        self.transport = transport
        if self.tls:
            self._shake()
        else:
            self.opened()

    def data_received(self, data):
        if self.finished:
            return
        if not self.tls:
            self.heard(data)
            return
        self.incoming.write(data)
        if self.shaken or self._shake():
            self._read()

    def eof_received(self):
        self._end("FIN")
        return True

    def connection_lost(self, exc):
        self._end("RST" if exc else "FIN")

    def send(self, data):
        if self.tls:
            self.tls.write(data)
            self._flush()
        else:
            self.transport.write(data)

    def finish(self):
        """Ends our direction, in TLS properly."""
        self.finished = True
        if self.tls:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass  # the peer's close_notify has not come yet
            self._flush()
        self.transport.write_eof()

    def _shake(self):
        try:
            self.tls.do_handshake()
            self.shaken = True
        except ssl.SSLWantReadError:
            pass
        self._flush()
        if self.shaken:
            self.opened()
        return self.shaken

    def _read(self):
        while not self.finished:
            try:
                data = self.tls.read(1 << 18)
            except ssl.SSLWantReadError:
                break
            if not data:
                self._end("close_notify")
                break
            self.heard(data)
        self._flush()

    def _flush(self):
        if self.outgoing.pending:
            self.transport.write(self.outgoing.read())

    def _end(self, how):
        if not self.how:
            self.how = how
            self.ended(how)
