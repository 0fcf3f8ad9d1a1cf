"""What bench-tunnels and soak start, speak with and look at: servers, the backend and the clients of test/load."""
import importlib.machinery
import importlib.util
import grp
import os
import pathlib
import pwd
import re
import socket
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = TOP / "build/out/bench"
LOAD = pathlib.Path(os.environ.get("UPGRADE_TEST_LOAD", TOP / "build/out/release/load"))
STOCK_WORKERS, EVENT_WORKERS = 400, 50
PROCESSORS = os.cpu_count()


def load_bench():
    loader = importlib.machinery.SourceFileLoader("bench", str(TOP / "build" / "bench"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(module)
    return module


BENCH = load_bench()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build_load():
    OUT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["make", "-s", "-C", TOP, "-f", "apxs.mk", "module", "loads"], check=True)


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost"], check=True, stderr=subprocess.DEVNULL)
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())


def bench_user():
    """Whom servers run their children as."""
    return pwd.getpwnam("www-data").pw_uid if os.getuid() == 0 else os.getuid()


class Talk:
    """A program that is spoken to line by line."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args}: ended early")
        return line.split()

    def say(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()

    def ask(self, question):
        self.say(question)
        return self.line()[1:]

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)

    close = end


class Backend:
    """The one backend of all servers. Keeps its port when it is started again."""

    def __init__(self):
        self.talk = Talk(LOAD / "ws_backend")
        self.port = int(self.talk.line()[0])

    def open(self):
        """Connections."""
        return int(self.talk.ask("open")[0])

    def wait_until_free(self):
        """Until what servers had opened is closed."""
        for _ in range(1200):
            if self.open() == 0:
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.open()} connections to the backend stay open")

    def start_again(self):
        self.talk.process.kill()
        self.talk.process.wait()
        self.talk = Talk(LOAD / "ws_backend", str(self.port))
        self.talk.line()

    def end(self):
        self.talk.end()

    close = end


class Direct:
    """No server: clients that speak with the backend itself."""
    name = "direct"

    def __init__(self, backend):
        self.backend = backend

    def clients(self, _tls):
        return Talk(LOAD / "ws_clients", str(self.backend.port), "/ws")


class Server:
    """One of the four. clear and tls are its ports."""

    def __init__(self, name, folder, backend):
        self.name, self.folder = name, folder / name.split()[0]
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.clear, self.tls = self.free_port(), self.free_port()
        self.command = getattr(self, "_" + name.split()[0])(backend)
        self.process = None
        try:
            with BENCH.ENDING.held():
                self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                                start_new_session=True)
            self._wait_until_it_answers()
        except BaseException:
            self.end(5)
            raise

    @staticmethod
    def free_port():
        return free_port()

    def _wait_until_it_answers(self):
        for _ in range(200):
            if self.process.poll() is None and self.get() is not None:
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.name} does not start: {self.command}: {self.process.poll()}")

    def identity(self):
        user = pwd.getpwuid(bench_user())
        return f"User {user.pw_name}\nGroup {grp.getgrgid(user.pw_gid).gr_name}\n"

    def _httpd(self, workers, route):
        threads = 25
        text = f"""LoadModule proxy_module @LIBEXEC@/mod_proxy.so
LoadModule proxy_http_module @LIBEXEC@/mod_proxy_http.so
LoadModule reqtimeout_module @LIBEXEC@/mod_reqtimeout.so
LoadModule socache_shmcb_module @LIBEXEC@/mod_socache_shmcb.so
LoadModule ssl_module @LIBEXEC@/mod_ssl.so
LoadModule upgrade_required_module {TOP}/build/out/release/mod_upgrade_required.so
LoadModule upgrade_wstunnel_module {TOP}/build/out/release/mod_upgrade_wstunnel.so
{self.identity()}MinSpareThreads 25
ListenBacklog 4096
ServerLimit {workers // threads}
StartServers {workers // threads}
ThreadsPerChild {threads}
MaxRequestWorkers {workers}
MaxSpareThreads {workers}
AsyncRequestWorkerFactor 1000
{route}
Listen 127.0.0.1:{self.tls}
<VirtualHost 127.0.0.1:{self.tls}>
SSLEngine on
SSLCertificateFile {self.folder.parent}/cert.pem
SSLCertificateKeyFile {self.folder.parent}/key.pem
</VirtualHost>
"""
        (self.folder / "htdocs").mkdir()
        (self.folder / "htdocs/page").write_text("x" * 512)
        BENCH.configuration(self.folder, self.clear, text, "", mpm="event")
        return [BENCH.HTTPD, "-DFOREGROUND", "-f", self.folder / "httpd.conf"]

    def _stock(self, backend):
        return self._httpd(STOCK_WORKERS, f"ProxyPass /ws http://127.0.0.1:{backend}/ upgrade=websocket")

    def _event(self, backend):
        return self._httpd(EVENT_WORKERS, f"ProxyPass /ws http://127.0.0.1:{backend}/\n"
                           "<Location /ws>\nUpgradeKeep WebSocket\nUpgradeTunnel event\n</Location>")

    def _nginx(self, backend):
        (self.folder / "html").mkdir()
        (self.folder / "html/page").write_text("x" * 512)
        conf = self.folder / "nginx.conf"
        conf.write_text(f"""daemon off; worker_processes {PROCESSORS}; worker_rlimit_nofile 1000000;
pid {self.folder}/pid; error_log {self.folder}/error.log; user {pwd.getpwuid(bench_user()).pw_name};
events {{ worker_connections 100000; }}
http {{ access_log {self.folder}/access.log; client_body_temp_path {self.folder}; proxy_temp_path {self.folder};
 fastcgi_temp_path {self.folder}; uwsgi_temp_path {self.folder}; scgi_temp_path {self.folder};
 proxy_http_version 1.1; proxy_read_timeout 600s;
 proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
 server {{ listen 127.0.0.1:{self.clear} backlog=4096; listen 127.0.0.1:{self.tls} ssl backlog=4096; root {self.folder}/html;
  ssl_certificate {self.folder.parent}/cert.pem; ssl_certificate_key {self.folder.parent}/key.pem;
  location /ws {{ proxy_pass http://127.0.0.1:{backend}/; }}
  location /ws/wide {{ proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_pass http://127.0.0.1:{backend}/; }} }} }}
""")
        return ["/usr/sbin/nginx", "-c", conf, "-p", self.folder]

    def _haproxy(self, backend):
        conf = self.folder / "haproxy.cfg"
        conf.write_text(f"""global
 nbthread {PROCESSORS}
 log 127.0.0.1:9 local0
defaults
 mode http
 log global
 option httplog
 backlog 4096
 timeout connect 10s
 timeout client 600s
 timeout server 600s
 timeout tunnel 600s
frontend in
 bind 127.0.0.1:{self.clear}
 bind 127.0.0.1:{self.tls} ssl crt {self.folder.parent}/both.pem
 http-request return status 200 content-type text/plain string x if {{ path /page }}
 default_backend out
backend out
 server one 127.0.0.1:{backend}
""")
        return ["/usr/sbin/haproxy", "-f", conf]

    def processes(self):
        found, wanted = [], [self.process.pid]
        while wanted:
            pid = wanted.pop()
            found.append(pid)
            wanted += map(int, subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split())
        return found

    def pss(self):
        """KB"""
        return sum(int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
                   for pid in self.processes())

    def cpu(self):
        """Microseconds used up to now, by the clocks of the processes."""
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self.processes()) * 1e6

    def get(self):
        """Seconds of a GET over a connection of its own; None: not answered."""
        start = time.perf_counter()
        try:
            with socket.create_connection(("127.0.0.1", self.clear), 3) as wire:
                wire.sendall(b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                head = b""
                while more := wire.recv(65536):
                    head += more
        except OSError:
            return None
        return time.perf_counter() - start if b" 200 " in head[:16] else None

    def clients(self, tls, path="/ws"):
        return Talk(LOAD / "ws_clients", str(self.tls if tls else self.clear), path, *(["tls"] if tls else []))

    def end(self, seconds=60):
        if self.process:
            BENCH.end(self.process, seconds)

    close = end
