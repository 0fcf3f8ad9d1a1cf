"""The server that build/soak is about: how it is configured, what it says and what it has."""
import json
import os
import pathlib
import re
import signal
import socket
import time

from servers import BENCH, Server

# As Debian's package has them.
MPM = """StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 64
ThreadsPerChild 25
MaxRequestWorkers 150
MaxConnectionsPerChild 0
"""
LIMIT = 60  # seconds; ends what hangs, decides nothing


def eventually(true):
    """What is true within the limit, or what it was at its end."""
    until = time.monotonic() + LIMIT
    while not (result := true()) and time.monotonic() < until:
        time.sleep(0.05)
    return result


class Books:
    """What the counters say of tunnels, at one moment."""

    def __init__(self, tunnels):
        self.ended, self.open = tunnels["ended"], sum(tunnels["open"].values())
        self.by, self.opened = tunnels["opened"], sum(tunnels["opened"].values())
        self.refused = sum(tunnels["refused"].values())
        self.children = {child["pid"]: child for child in tunnels["children"]}
        self.held = {pid: child["event"] + child["thread"] for pid, child in self.children.items()}

    def closes(self):
        return self.opened == sum(self.ended.values()) + self.open

    def leaving(self):
        """Children that wait for their tunnels, the one with most of them first."""
        return sorted((pid for pid, child in self.children.items() if child["leaving"] and self.held[pid]),
                      key=lambda pid: -self.held[pid])

    def serving(self):
        return [pid for pid, child in self.children.items() if not child["leaving"]]


class Soaked(Server):
    """An httpd with the event MPM and this text in its configuration."""

    def __init__(self, folder, text):
        self.text = text
        super().__init__("soaked httpd", folder, None)
        self.pid = int((self.folder / "httpd.pid").read_text())

    def _soaked(self, _):
        (self.folder / "htdocs").mkdir()
        (self.folder / "htdocs/page").write_text("x" * 512)
        text = "".join(f"LoadModule {name}_module @LIBEXEC@/mod_{name}.so\n" for name in (
            "proxy", "proxy_http", "env", "setenvif", "log_debug", "socache_shmcb", "ssl"))
        text += self.identity() + MPM + self.text + f"""LogLevel info
ErrorLogFormat "[%{{cu}}t] [%l] [pid %P] %M"
ListenBacklog 4096
GracefulShutdownTimeout 20
Listen 127.0.0.1:{self.tls}
<VirtualHost 127.0.0.1:{self.tls}>
SSLEngine on
SSLCertificateFile {self.folder.parent}/cert.pem
SSLCertificateKeyFile {self.folder.parent}/key.pem
</VirtualHost>
"""
        BENCH.configuration(self.folder, self.clear, text, "", mpm="event")
        return [os.environ.get("UPGRADE_TEST_HTTPD", BENCH.HTTPD), "-DFOREGROUND", "-f", self.folder / "httpd.conf"]

    def log(self):
        return (self.folder / "error.log").read_text(errors="replace")

    def restart(self):
        """Gracefully; ends when the new configuration is in force."""
        path = self.folder / "error.log"
        end = path.stat().st_size

        def restarted():
            with open(path, "rb") as file:
                file.seek(end)
                return b"resuming normal operations" in file.read()
        os.kill(self.pid, signal.SIGUSR1)
        if not eventually(restarted):
            raise SystemExit("httpd does not restart")

    def answer(self, path, seconds=LIMIT):
        """The body of a 200; None: there is no such answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.clear), seconds) as wire:
                wire.settimeout(seconds)
                wire.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while more := wire.recv(65536):
                    answer += more
        except OSError:
            return None
        head, _, body = answer.partition(b"\r\n\r\n")
        return body if head.startswith(b"HTTP/1.1 200 ") else None

    def books(self):
        page = self.answer("/status?format=json")
        if page is None:
            raise SystemExit("the status page is not answered")
        return Books(json.loads(page)["tunnels"])

    def belongings(self):
        """{process: (descriptors, private memory in KB)}, the server's own first"""
        found = {}
        for pid in self.processes():
            folder = pathlib.Path("/proc", str(pid))
            try:
                files = len(list((folder / "fd").iterdir()))
                private = re.findall(r"^Private_Dirty:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.M)
            except OSError:  # it has gone
                continue
            found[pid] = (files, sum(map(int, private)))
        return found

    def stop(self):
        """Gracefully: what has to be logged is logged."""
        os.kill(self.pid, signal.SIGWINCH)
        return eventually(lambda: self.process.poll() is not None)
