"""What the server's logs and its clients tell of each tunnel, and whether that agrees with the counters."""
import collections
import re

HANDSHAKE = re.compile(r"\[pid (\d+)\] .*handshake (\d+)")
LOST = re.compile(r"UR0018: child (\d+) exited without ending its tunnels: (\d+) are lost")
FAULT = re.compile(r"exit signal|AH0005[12]|AH03490|UR0020|runtime error:|Sanitizer|[Aa]ssertion")
OF_LIMITS = {"too-big"}  # outcomes of limits that nobody has set here
WAYS_OF_SERVER = {"drained", "stopped", "timeout"}
OPENED = {"done", "told", "ended"}  # fates of tunnels


class Tail:
    """The lines that a file has got since it was last looked at."""

    def __init__(self, path):
        self.path, self.at = path, 0

    def lines(self):
        with open(self.path, "rb") as file:
            file.seek(self.at)
            text = file.read()
        end = text.rfind(b"\n") + 1
        self.at += end
        return text[:end].decode(errors="replace").splitlines()


class Fate:
    """What became of one handshake, as its client tells."""

    def __init__(self, line):
        number, self.fate, self.way, self.outcomes, begun, ended = line.split()
        self.number, self.begun, self.ended = int(number), float(begun), float(ended)


class Ledger:
    def __init__(self, folder):
        self.errors, self.access = Tail(folder / "error.log"), Tail(folder / "access.log")
        self.child_of = {}                             # number of a handshake: the child that was asked
        self.logged = collections.defaultdict(list)    # number of a tunnel: (child, outcome) of each line
        self.statuses = collections.Counter()
        self.lost, self.faults = collections.Counter(), []
        self.struck = {}                               # child that was killed or ended: from when, and by when
        self.fates = []

    def read(self):
        for line in self.errors.lines():
            if match := HANDSHAKE.search(line):
                self.child_of[int(match[2])] = int(match[1])
            elif match := LOST.search(line):
                self.lost[int(match[1])] += int(match[2])
            elif FAULT.search(line):
                self.faults.append(line)
        for line in self.access.lines():
            status, child, number, outcome = line.split()
            self.statuses[status] += 1
            if status == "101":
                self.logged[int(number)].append((int(child), outcome))

    def read_fates(self, path):
        with open(path) as file:
            self.fates += map(Fate, file)

    def lines(self):
        return sum(map(len, self.logged.values()))

    def of_fates(self, *fates):
        return [fate for fate in self.fates if fate.fate in fates]

    def opened(self):
        return self.of_fates(*OPENED, "wrong", "stuck")

    def is_struck(self, fate):
        """Whether the child that was asked is one that was killed, or may be."""
        child = self.child_of.get(fate.number)
        if child:
            return child in self.struck
        return self.strikes_within(fate.begun, fate.ended)

    def strikes_within(self, begun, ended):
        return any(begun <= last and first <= ended for first, last in self.struck.values())

    def not_answered(self):
        """Handshakes that ended without an answer although nobody ended their child."""
        return [fate for fate in self.of_fates("cut") if not self.is_struck(fate)]

    def not_logged(self):
        """Tunnels without a line, by their children."""
        by_child = collections.defaultdict(list)
        for fate in self.opened():
            if fate.number not in self.logged:
                by_child[self.child_of.get(fate.number)].append(fate)
        return by_child

    def logged_wrong(self):
        """Tunnels that are logged twice, by another child, or as what they were not."""
        for fate in self.opened():
            rows = self.logged.get(fate.number, [])
            right = {"done": WAYS_OF_SERVER | set(fate.outcomes.split(",")),
                     "told": {"drained", "stopped"}}.get(fate.fate, WAYS_OF_SERVER)
            if len(rows) > 1 or any(child != self.child_of.get(fate.number) or outcome not in right
                                    for child, outcome in rows):
                yield fate, rows

    def logged_for_nobody(self):
        """Lines of tunnels that no client has had."""
        known = {fate.number for fate in self.opened()} | {fate.number for fate in self.of_fates("left", "cut")}
        return [number for number in self.logged if number not in known]

    def gap(self, books):
        """Tunnels that had ended when their child was killed, and were not logged yet."""
        return books.opened - books.open - books.ended["lost"] - self.lines()

    def checks(self, books):
        """(what has to be, whether it is, a figure)"""
        opened, not_logged = self.opened(), self.not_logged()
        of_struck = {child: fates for child, fates in not_logged.items() if child in self.struck}
        of_others = [fate for child, fates in not_logged.items() if child not in self.struck for fate in fates]
        left, cut = self.of_fates("left"), self.of_fates("cut")
        unsure, gap = len(left) + len(cut), self.gap(books)
        silent = sum(len(fates) for fates in of_struck.values())
        # One whose ends were both open when its child was killed had not ended, whatever was logged.
        early = {child: sum(fate.ended <= self.struck[child][1] for fate in fates) for child, fates in of_struck.items()}
        yield "all have ended, in the counters", books.open == 0 and books.closes(), f"{books.opened} opened"
        yield ("clients have counted as many", len(opened) <= books.opened <= len(opened) + unsure,
               f"{len(opened)}, and {unsure} that did not wait for an answer or got none")
        yield "503: as many as the counters say", (
            len(self.of_fates("503")) <= books.refused <= len(self.of_fates("503")) + unsure), str(books.refused)
        yield "each line is of a client's tunnel", not self.logged_for_nobody(), f"{self.lines()} lines"
        wrong = list(self.logged_wrong())
        yield "each is logged once, by its child, as what it was", not wrong, describe(wrong)
        yield "none is missing of children that were not killed", not of_others, f"{len(of_others)} missing"
        yield ("missing of killed children: those lost, or just ended",
               0 <= gap and 0 <= books.ended["lost"] + gap - silent <= unsure and gap <= sum(early.values()),
               f"{silent}; {books.ended['lost']} lost, {gap} ended before their line was written")
        yield "as many are lost as the log tells of", sum(self.lost.values()) == books.ended["lost"], str(
            sum(self.lost.values()))
        yield "only of killed children", not set(self.lost) - set(self.struck), f"{len(self.struck)} killed"
        yield "every handshake was answered, but for those of killed children", not self.not_answered(), f"{len(cut)} cut"
        yield "every byte arrived", not self.of_fates("wrong"), f"{len(self.of_fates('wrong'))} wrong"
        yield "nothing is stuck", not self.of_fates("stuck"), f"{len(self.of_fates('stuck'))} stuck"
        yield "no child has crashed, and the log shows no other fault", not self.faults, self.faults[0] if self.faults else "0 lines"
        for outcome, count in books.ended.items():
            yield f"ended as {outcome}", (count > 0) != (outcome in OF_LIMITS), str(count)
        for carrier, count in books.by.items():
            yield f"opened, carried by {carrier}", count > 0, str(count)


def describe(wrong):
    kinds = collections.Counter(f"{fate.fate} {fate.way}: {[outcome for _, outcome in rows]}" for fate, rows in wrong)
    return f"{len(wrong)} wrong" + "".join(f"; {count} x {kind}" for kind, count in kinds.most_common(5))
