#!/usr/bin/python3
"""Cases of a grammar against a whole server: campaign.py [--minutes N] [--cases N] [--seed N] [--only N,N] [--plant NAME]
[--without FEATURE] [--at-once N] [--limit SECONDS] [--ports N,N...] FOLDER

One httpd with routes and hosts of all kinds (server.py), one hostile backend (backend.py), and case after case against
them (cases.py), some at a time, in rounds: in calm, with graceful restarts, with children that are killed, and in calm
again. After each part everybody goes home, and the books have to close. judge.py says what must be true of each case.

Prints a table of what has to be and what was; status 1 if something is not. A seed and a number are a case: the same one
in any run. FOLDER, which must not be there yet, keeps the logs. build/campaign sets all of this up."""
import argparse
import asyncio
import collections
import contextlib
import logging
import os
import pathlib
import random
import signal
import sys
import time

from backend import GONE, Backend
from cases import Case
from client import LIMIT, PATIENCE, Facts, Http1, Next, Raw, connect
from http2 import Http2, ToHttp2
from judge import Judge
from report import show
from rest import Rest
from server import BENCH, HTTP2_SOCKETS, Server, eventually, make_certificate, soaked

# The parts of a round: name, how many cases, after how many of them something happens.
PARTS = (("calm", 150, 0), ("restarts", 150, 50), ("killed children", 100, 50), ("calm again", 150, 0))
ROUND = sum(cases for _, cases, _ in PARTS)
SPEAKERS = {"h2": Http2, "h2 socket": Http2, "h2c": ToHttp2, "raw": Raw}


class Campaign:
    """rest: what is found when all have gone, and every other fault. facts: of the cases of a part."""

    def __init__(self, server, backend, options):
        self.server, self.backend, self.options, self.seed = server, backend, options, options.seed
        self.rest, self.apr, self.facts = Rest(server), server.apr(), {}
        self.count, self.did = collections.Counter(), collections.Counter()
        self.without, self.next, self.open = list(options.without), Next(), []

    @staticmethod
    async def wait(function, *arguments):
        """For what blocks, while clients and the backend go on."""
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    # One case

    async def one(self, number):
        case = Case(self.seed, number, self.without)
        if case.kind == "h2 socket" and not HTTP2_SOCKETS:
            return
        facts = self.facts[number] = self.backend.known[number] = Facts(case, self.next)
        writer = None
        try:
            patience = PATIENCE if case.vague() or case.kind == "raw" else LIMIT
            reader, writer = await asyncio.wait_for(connect(case, self.server.ports), LIMIT)
            speaker = SPEAKERS.get(case.kind, Http1)(facts, reader, writer)
            await asyncio.wait_for(speaker.run(), patience)
        except asyncio.TimeoutError:
            if not case.vague() and case.kind != "raw":
                facts.stuck = f"nothing for {LIMIT} seconds"
        except (*GONE, ValueError) as exc:
            facts.gone = repr(exc)
        finally:
            facts.left.set()
            facts.opened.set()
            facts.over = True
            if writer:
                writer.close()

    def judge(self):
        """All cases of a part, when nothing of them is under way any more."""
        for number, facts in self.facts.items():
            for text in Judge(facts).judge():
                self.rest.fault(text, number)
            self.note(facts)
        self.facts.clear()
        self.backend.known.clear()

    def note(self, facts):
        """Figures, and what has to be in the logs."""
        number = facts.case.number
        self.count[f"cases: {facts.case.kind}"] += 1
        self.count.update(f"status {response.status}" for response in facts.heard.values())
        for arrival in (arrival for arrivals in facts.asked.values() for arrival in arrivals):
            self.count[f"answered {arrival.answer}"] += 1
            if arrival.switched:
                self.rest.switched.add(number)
        if facts.tunnel is not None:
            self.count["tunnels of clients"] += 1
            self.rest.with_101[number] = facts.disturbed
        self.count["disturbed"] += facts.disturbed

    # Many of them

    async def cases(self, numbers, every=0, happens=None):
        """Some at a time; after each so many, something happens meanwhile. Those that stay do not count, and go when
        they are alone."""
        running = set()
        for started, number in enumerate(numbers, 1):
            running.add(asyncio.ensure_future(self.one(number)))
            running = await self.fewer(running, self.options.at_once)
            if every and started % every == 0:
                await happens(number)
                self.happened(happens == self.restart)
        running = await self.fewer(running, 1)
        self.happened(False)
        await asyncio.gather(*running)

    async def fewer(self, running, number):
        """Until fewer are running, without those that stay"""
        while len(running) - self.staying() >= number:
            done, running = await asyncio.wait(running, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        return running

    def staying(self):
        return sum(facts.stays for facts in self.facts.values())

    def happened(self, drains):
        happening, self.next = self.next, Next()
        happening.drains, happening.following = drains, self.next
        happening.set()

    async def restart(self, _=None):
        for facts in self.facts.values():
            facts.restarted |= not facts.over
        await self.wait(self.server.restart)
        for facts in self.facts.values():
            facts.restarted |= not facts.over
        self.did["graceful restarts"] += 1

    async def kill(self, number):
        """A child that serves; which one is drawn. What is under way then may see anything."""
        pids = await self.wait(self.server.serving)
        doomed = random.Random(f"{self.seed} {number} kill").choice(pids)
        self.rest.killed = True
        self.disturb()
        await self.wait(self.server.kill, doomed)
        self.disturb()
        self.did["children killed"] += 1

    def disturb(self):
        """What is under way, or not logged yet."""
        self.server.read_logs()
        for facts in self.facts.values():
            logged = facts.tunnel is None or facts.case.requests[facts.tunnel].target in self.server.tunnels
            facts.disturbed |= not facts.over or not logged

    # The parts of a round

    async def go_home(self, part):
        """Everybody has gone: what is open, counted and logged then."""
        self.backend.close()
        await self.wait(self.server.read_logs)
        if self.server.faults:  # then the rest is no wonder
            self.rest.books = await self.wait(self.server.books)
            self.judge()
            return
        await self.wait(self.rest.check_open, part)
        self.judge()
        await self.wait(self.rest.check_books, part)

    async def part(self, name, numbers, every):
        happens = {"restarts": self.restart, "killed children": self.kill}.get(name)
        await self.cases(numbers, every, happens)
        await self.go_home(name)

    async def last_part(self, name, numbers):
        """With the same children all the time: nothing that they have open may become more."""
        await self.restart()
        await self.settled()
        third, self.open = len(numbers) // 3, []
        for begin in (0, third, 2 * third):
            await self.part(name, numbers[begin:begin + third], 0)
            await self.settled()
            self.open.append(self.server.descriptors())
        self.rest.check_descriptors(*self.open)

    async def settled(self):
        """No child of before is left."""
        def leaving():
            return [child for child in self.server.books().children.values() if child["leaving"]]
        await self.wait(eventually, lambda: not leaving())

    def has_failed(self):
        return bool(self.rest.faults or self.backend.wrong or self.server.faults)

    async def round(self, number, share):
        """The number behind it"""
        for name, size, every in PARTS:
            numbers = range(number, number + round(size * share))
            number = numbers.stop
            if name == PARTS[-1][0]:
                await self.last_part(name, numbers)
            else:
                await self.part(name, numbers, round(every * share))
            if self.has_failed():
                break
        self.did["rounds"] += 1
        return number

    async def run(self):
        options = self.options
        if options.only:
            await self.part("these cases", options.only, 0)
            return
        until, number = time.monotonic() + options.minutes * 60, 0
        share = min(1, options.cases / ROUND) if options.cases else 1
        while not self.has_failed():
            number = await self.round(number, share)
            if options.cases or time.monotonic() >= until:
                break


async def shrink(campaign, number):
    """What of a case's features its fault takes, when it is alone: a report in words."""
    faults, wrong = campaign.rest.faults, campaign.backend.wrong

    async def is_faulty(without):
        had = len(faults), len(wrong)
        campaign.without = [*campaign.options.without, *without]
        await campaign.cases([number])
        await campaign.wait(eventually, lambda: campaign.server.books().open == 0)
        campaign.judge()
        found = faults[had[0]:] + wrong[had[1]:]
        del faults[had[0]:], wrong[had[1]:]
        return found

    if not await is_faulty([]):
        return f"case {number} is right when it is alone"
    without = []
    for feature in Case(campaign.seed, number).features:
        if await is_faulty([*without, feature]):
            without.append(feature)
    smallest = Case(campaign.seed, number, without).describe()
    return f"Its fault is also there without {without}:\n{smallest}"


async def campaign(folder, options):
    backend = Backend(options.seed)
    backends = await backend.listen(folder)
    server = await Campaign.wait(Server, folder, backends, options.ports, options.plant)
    with contextlib.closing(server):
        ran = Campaign(server, backend, options)
        print(f"# Campaign, seed {options.seed}", flush=True)
        await ran.run()
        faulty = [number for number, _ in ran.rest.faults + backend.wrong if number is not None]
        smallest = await shrink(ran, faulty[0]) if faulty and not server.faults and not options.plant else ""
        stopped = await Campaign.wait(server.stop)
        server.read_logs()
        return show(ran, stopped, smallest)


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--cases", type=int, default=0, help="so many, in one round")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", type=lambda text: list(map(int, text.split(","))))
    parser.add_argument("--plant", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--ports", type=lambda text: list(map(int, text.split(","))), default=[])
    parser.add_argument("--limit", type=float, default=60, help="seconds, for what has to be true once all have gone")
    said = parser.parse_args()
    if said.seed is None:
        said.seed = random.SystemRandom().randrange(1_000_000)
    return said


def main():
    options = arguments()
    soaked.LIMIT = options.limit
    options.folder.mkdir()
    options.folder.chmod(0o755)
    make_certificate(options.folder)
    sys.exit(1 if asyncio.run(campaign(options.folder, options)) else 0)


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    BENCH.ENDING.prepare()
    main()
