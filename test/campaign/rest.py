"""What has to be true of the server when everybody has gone: nothing is open, the counters close, the logs have it all,
and its processes have what they had."""
import collections

from server import eventually

# What a child gets when it is first needed: a poller's, and connections that mod_proxy keeps.
ONCE = {"pipe:[]", "anon_inode:[eventpoll]", "anon_inode:[eventfd]", "kept backend"}


class Rest:
    """faults: (number of a case or None, text). with_101: {case whose client got a 101: whether a kill has disturbed
    it}; switched: cases to which the backend has switched, whether or not a client has heard of it."""

    def __init__(self, server):
        self.server, self.faults = server, []
        self.with_101, self.switched = {}, set()
        self.killed, self.books, self.closed = False, None, 0

    def fault(self, text, number=None):
        self.faults.append((number, text))

    def check_open(self, part):
        server = self.server
        if not eventually(lambda: server.books().open == 0):
            self.fault(f"{part}: tunnels stay open: {server.books().children}")
        if not eventually(lambda: server.busy_workers() == 0):
            self.fault(f"{part}: workers stay busy: {server.busy_workers()}")

        def left():
            table = server.descriptors()
            return {pid: dict(kinds) for pid, kinds in table.items() if kinds["client"] or kinds["backend"]}
        if not eventually(lambda: not left()):
            self.fault(f"{part}: connections stay open: {left()}")

    def check_books(self, part):
        books = self.books = self.server.books()
        by_policy = self.server.opened_by_policies()
        if by_policy != books.opened:
            self.fault(f"{part}: the books: {books.opened} opened, by policies {by_policy}")
        if not books.closes():
            self.fault(f"{part}: the books: {books.opened} opened, {books.open} open, {books.ended}")
        if books.ended["lost"] and not self.killed:
            self.fault(f"{part}: the books: {books.ended['lost']} lost, and nobody was killed")
        self.check_log(part)
        self.closed += 1

    def logged(self):
        """Lines of tunnels"""
        self.server.read_logs()
        return sum(map(len, self.server.tunnels.values()))

    def check_log(self, part):
        """Each 101 that a client got has its line; each line is of a switch that the backend has said."""
        due = self.books.opened - self.books.ended["lost"]
        disturbed = sum(self.with_101.values())
        if not eventually(lambda: due - disturbed <= self.logged() <= due):
            self.fault(f"{part}: the access log has {self.logged()} tunnels, {due} have ended, of which a kill has "
                       f"disturbed {disturbed}")
        lines = collections.Counter()
        for path, rows in self.server.tunnels.items():
            number = path.rpartition("/")[2].partition(".")[0]
            if number.isdigit():
                lines[int(number)] += len(rows)
        for number, is_disturbed in self.with_101.items():
            if lines[number] != 1 and not (is_disturbed and not lines[number]):
                self.fault(f"a client got a 101, and the access log has {lines[number]} lines of it", number)
        for number in lines.keys() - self.switched:
            self.fault("the access log has a tunnel to which the backend has not switched", number)

    def check_descriptors(self, first, second, third):
        """Nothing has become more, but for what a child has once it needs it: that not twice in a row."""
        same = [pid for pid in third if pid in first and pid in second]
        if self.server.pid not in same or len(same) < 2:
            self.fault("descriptors: no child has stayed")
        for pid in same:
            before = second[pid] - first[pid]
            for kind, number in (third[pid] - second[pid]).items():
                if kind in ONCE and kind != "kept backend" and before[kind]:
                    self.fault(f"descriptors: process {pid} has {number} more than before, again: {kind}")
            for kind, number in (third[pid] - first[pid]).items():
                if kind not in ONCE:
                    self.fault(f"descriptors: process {pid} has {number} more than before: {kind}")
