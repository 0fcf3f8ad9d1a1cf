"""The server of the campaign: its configuration, its logs, its books and what its processes have."""
import collections
import os
import pathlib
import re
import signal
import sys

from model import HOSTS, ORIGIN, ROUTES, SUBPROTOCOL

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(pathlib.Path(os.environ.get("UPGRADE_TEST_TOP", TOP), "build/bench.d")))
from ledger import FAULT, Tail  # noqa: E402
import soaked  # noqa: E402
from servers import BENCH, free_port, make_certificate  # noqa: E402,F401
from soaked import Soaked, eventually  # noqa: E402

MODULE = os.environ.get("UPGRADE_TEST_MODULE", "")
DIRECTIVES = os.environ.get("UPGRADE_TEST_DIRECTIVES")
# Whether this httpd has WebSockets over HTTP/2
HTTP2_SOCKETS = not DIRECTIVES or "H2WebSockets " in pathlib.Path(DIRECTIVES).read_text()
FAULTS = os.environ.get("UPGRADE_TEST_FAULT", "")
ACCESS = re.compile(r"(\d+) (\d+) (\S+) (\S+) (.*)")
CONNECTION = re.compile(r"socket:\[(\d+)\]")
FATAL = re.compile(FAULT.pattern + r"|AH00052|apr_pool|pool_debug|double free|corrupted")
MODULES = ("http2", "status", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm")
PROXY_TLS = ("SSLProxyEngine on", "SSLProxyVerify none", "SSLProxyCheckPeerName off", "SSLProxyCheckPeerCN off",
             "SSLProxyCheckPeerExpire off")
EVENTFUL = """StartServers 2
MinSpareThreads 32
MaxSpareThreads 96
ThreadLimit 32
ThreadsPerChild 32
ServerLimit 12
MaxRequestWorkers 128
AsyncRequestWorkerFactor 8
"""


def directives(name, route):
    """What a route demands, as the lines of its section."""
    words = (["WebSocket"] if route.websocket else []) + ([f"TLS/{route.tls}"] if route.tls else []) + (
        [f"HTTP/{route.http}"] if route.http else [])
    yield from [f"UpgradeName {name}"] if words or route.keeps else []
    yield from [f"UpgradeRequire {' '.join(words)}"] if words else []
    yield from ["UpgradeKeep WebSocket", f"UpgradeTunnel {route.carrier}"] if route.keeps else []
    if route.strict:
        yield from (f"UpgradeWebSocketOrigin {ORIGIN}", f"UpgradeWebSocketProtocol {SUBPROTOCOL}")
    if route.announces:
        yield "UpgradeMode announce"
    if route.few:
        yield f"UpgradeTunnelPerClient {route.few}"
    if route.limits:
        yield from ("UpgradeTunnelMessageMax 60000", "UpgradeTunnelPing 1 to=both", "UpgradeTunnelAge 20 jitter=90")


def section(name, route, ports):
    inside = "\n".join(directives(name, route))
    if route.to == "balancer":  # of its members one is never there
        return (f"<Proxy balancer://{name}>\nBalancerMember http://127.0.0.1:1 retry=600\n"
                f"BalancerMember http://127.0.0.1:{ports['http']} disablereuse=on\n</Proxy>\n"
                f"<Location /{name}>\n{inside}\n</Location>\nProxyPass /{name} balancer://{name}/{name}\n")
    scheme = route.to if route.to in ("ws", "https") else "http"
    options = "" if route.to == "kept" else " disablereuse=on"
    port = ports[route.to if route.to in ports else "http"]
    return f"<Location /{name}>\n{inside}\n</Location>\nProxyPass /{name} {scheme}://127.0.0.1:{port}/{name}{options}\n"


def host_lines(host, folder):
    if host.tls:
        yield from ("SSLEngine on", f"SSLCertificateFile {folder}/cert.pem", f"SSLCertificateKeyFile {folder}/key.pem")
    yield from PROXY_TLS
    tls, http = host.floor
    words = ([f"TLS/{tls}" if tls != "any" else "TLS"] if tls else []) + ([f"HTTP/{http}"] if http else [])
    yield from [f"UpgradeFloor {' '.join(words)}"] if words else []
    if host.hasty:
        yield from ("Timeout 1", "KeepAliveTimeout 1", "SetEnv proxy-upgrade-wait 1", "ProxyTimeout 1")
    else:
        yield from ("SetEnv proxy-upgrade-wait 120",)


class Server(Soaked):
    """ports: where it listens, one for each host; without them it finds some."""

    def __init__(self, folder, backends, ports=(), plant=()):
        self.given = list(ports)
        self.ports = {name: self.free_port() for name in HOSTS if name not in ("clear", "tls")}
        self.backends = backends
        text = "".join(f"LoadModule {name}_module @LIBEXEC@/mod_{name}.so\n" for name in MODULES)
        text += EVENTFUL + f"LoadModule upgrade_required_module {MODULE}\n"
        text += f"LoadModule upgrade_wstunnel_module {MODULE.replace('required', 'wstunnel')}\n"
        if plant:
            text += "".join(f"Define planted-{name}\n" for name in plant)
            text += f"LoadModule upgrade_planted_module {FAULTS}/planted.so\n"
        text += "".join(section(name, route, backends) for name, route in ROUTES.items())
        text += f"""Protocols h2 h2c http/1.1
{"H2WebSockets on" if HTTP2_SOCKETS else ""}
Timeout 150
UpgradeTunnelDrain 2
LogFormat "%>s %P %{{UPGRADE_REASON}}e %{{UPGRADE_TUNNEL}}e %U" cases
CustomLog {folder}/soaked/access.log cases
SSLProtocol all
{chr(10).join(PROXY_TLS)}
ExtendedStatus On
SetEnv proxy-upgrade-wait 120
<Location /status>
SetHandler upgrade-status
</Location>
<Location /workers>
SetHandler server-status
</Location>
"""
        self.hosts_text = "".join(
            f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n" + "\n".join(host_lines(HOSTS[name], folder))
            + "\n</VirtualHost>\n" for name, port in self.ports.items())
        super().__init__(folder, text + self.hosts_text)
        self.ports.update(clear=self.clear, tls=self.tls)
        self.access, self.errors = Tail(self.folder / "access.log"), Tail(self.folder / "error.log")
        self.lines, self.tunnels, self.reasons, self.faults = 0, collections.defaultdict(list), collections.Counter(), []

    def free_port(self):
        return self.given.pop() if self.given else free_port()

    def read_logs(self):
        """What is new in them: tunnels by their paths, refusals by reason, and signs of faults."""
        for line in self.errors.lines():
            if FATAL.search(line) and len(self.faults) < 20:
                self.faults.append(line)
        for line in self.access.lines():
            match = ACCESS.match(line)
            if not match:
                continue
            status, child, reason, outcome, path = match.groups()
            self.lines += 1
            if reason != "-":
                self.reasons[reason] += 1
            if outcome != "-":
                self.tunnels[path].append((int(child), status, outcome))

    # What it has

    def children(self):
        return [pid for pid in self.processes() if pid != self.pid]

    def serving(self):
        return sorted(self.books().serving())

    def sockets(self):
        """{inode: (local port, remote port)} of all connections."""
        found = {}
        for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            cells = row.split()
            found[cells[9]] = tuple(int(cells[i].rpartition(":")[2], 16) for i in (1, 2))
        return found

    def descriptors(self):
        """{process: Counter of what it has open}: of clients, of backends, of backends that are kept, others by name"""
        sockets, found = self.sockets(), {}
        for pid in self.processes():
            kinds = collections.Counter()
            try:
                for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                    try:
                        kinds[self.kind_of(os.readlink(link), sockets)] += 1
                    except FileNotFoundError:
                        pass
            except OSError:
                continue
            found[pid] = kinds
        return found

    def kind_of(self, name, sockets):
        match = CONNECTION.match(name)
        if not match:
            return re.sub(r"\d+", "", name)
        local, remote = sockets.get(match[1], (0, 0))
        if remote in self.backends.values():
            return "kept backend" if remote == self.backends["kept"] else "backend"
        if local in self.ports.values():
            return "client" if remote else "listener"
        return "other socket"

    def opened_by_policies(self):
        page = self.answer("/status?format=prometheus") or b""
        return sum(map(int, re.findall(rb"^upgrade_required_tunnels_opened_total\{.*\} (\d+)$", page, re.M)))

    def busy_workers(self):
        """Without the one that answers this; None where it is not answered."""
        page = self.answer("/workers?auto") or b""
        match = re.search(rb"^BusyWorkers: (\d+)", page, re.M)
        return int(match[1]) - 1 if match else None

    def apr(self):
        """The APR that it runs with."""
        maps = pathlib.Path(f"/proc/{self.pid}/maps").read_text()
        return set(re.findall(r"\S*/libapr-1\.so\S*", maps))

    def kill(self, pid):
        """Ends when the process has ended, which it may have done before."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return True
        state = lambda: pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

        def gone():
            try:
                return state() == "Z"
            except OSError:
                return True
        return eventually(gone)
