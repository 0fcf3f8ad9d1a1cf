#!/usr/bin/env python3
"""What clients of several servers do not meet their policies, and how many different clients they are.

Asks each server for its upgrade-status page as JSON and prints one line for each policy: requests by verdict,
what stage of its migration it is in, the share that does not meet it, and the number of different clients, each counted once on whichever servers it
was (UpgradeCountClients); then the networks and products with the most requests. Policies are the same if they
have the same name and the same server name; with --by-name the name alone decides.

A "+" after a number of clients says that a server has the policy and does not count its clients. Ends with
status 1 if a server gave no usable response. Needs Python 3.7 or later, and nothing else.
"""
import argparse
import json
import ssl
import sys
import urllib.parse
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

VERDICTS = 'allow', 'announce', 'redirect', 'refuse', 'except'
UNMET = 'announce', 'redirect', 'refuse'
DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
REGISTERS = 1024
RANK_MAX = 55
LARGEST = 20


def decode(sketch):
    """The registers: one base64 digit each."""
    registers = [DIGITS.index(digit) for digit in sketch]
    if len(registers) != REGISTERS or max(registers) > RANK_MAX:
        raise ValueError('a sketch of another kind')
    return registers


def sigma(x):
    total, factor, before = x, 1.0, None
    while total != before:
        before = total
        x *= x
        total += factor * x
        factor *= 2
    return total


def estimate(registers):
    """How many clients: the estimator of O. Ertl (2017), as the module has it."""
    counts = Counter(registers)
    if counts[0] == REGISTERS:
        return 0
    z = 0.0
    for rank in range(RANK_MAX, 0, -1):
        z = (z + counts[rank]) / 2
    z += REGISTERS * sigma(counts[0] / REGISTERS)
    return int(0.72134752044448170368 * REGISTERS * REGISTERS / z + 0.5)


class Policy:
    """A policy on all servers together."""

    def __init__(self):
        self.requests = Counter()
        self.phases = set()
        self.dates = set()
        self.registers = [0] * REGISTERS
        self.largest = Counter()
        self.servers = set()
        self.counting = set()

    def add_policy(self, url, policy):
        self.servers.add(url)
        self.phases.add(policy['phase'])
        self.dates.update([policy['enforced_from']] if 'enforced_from' in policy else [])

    def add_decision(self, url, decision):
        self.servers.add(url)
        self.requests[decision['verdict']] += decision['count']

    def add_clients(self, url, clients):
        self.servers.add(url)
        self.counting.add(url)
        self.registers = list(map(max, self.registers, decode(clients['sketch'])))
        for row in clients['largest']:
            self.largest[row['network'], row['product']] += row['requests']

    def clients(self):
        if not self.counting:
            return '-'
        return f'{estimate(self.registers)}{"+" if self.servers - self.counting else ""}'

    def share(self):
        """Of the policy's own requests."""
        total = sum(self.requests.values())
        return '-' if not total else f'{sum(self.requests[verdict] for verdict in UNMET) / total:.1%}'


def merge(pages, by_name):
    """{(policy, server): Policy}"""
    policies = {}
    for url, page in pages.items():
        for member, add in (('policies', Policy.add_policy), ('decisions', Policy.add_decision),
                            ('clients', Policy.add_clients)):
            for entry in page.get(member, ()):
                key = entry['policy'], '' if by_name else entry['server']
                add(policies.setdefault(key, Policy()), url, entry)
    return policies


def page_url(url):
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
        raise argparse.ArgumentTypeError(f'{url}: not a URL such as https://www.example.com/upgrade-status')
    return urllib.parse.urlunsplit(parts._replace(query='format=json', fragment=''))


def ask(url, timeout, context):
    with urllib.request.urlopen(url, timeout=timeout, context=context) as response:
        page = json.load(response)
    if 'since' not in page:
        raise ValueError('not an upgrade-status page')
    merge({url: page}, False)  # so that one that cannot be used is this server's fault
    return page


def ask_all(urls, timeout, context):
    """({url: page}, {url: what is wrong}), in the order of urls."""
    pages, faults = {}, {}
    with ThreadPoolExecutor(max_workers=32) as pool:
        for url, future in [(url, pool.submit(ask, url, timeout, context)) for url in urls]:
            try:
                pages[url] = future.result()
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                faults[url] = f'{type(error).__name__}: {error}'
    return pages, faults


def plain(value):
    """For a terminal, whatever a server sends."""
    return ''.join(c if c.isprintable() else '?' for c in str(value))


def print_table(title, head, rows, left):
    """The first columns, as many as left says, are texts; the others numbers."""
    rows = [[plain(value) for value in row] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*rows)]
    print(f'\n{title}\n')
    for row in rows:
        print('  '.join(value.ljust(width) if i < left else value.rjust(width)
                        for i, (value, width) in enumerate(zip(row, widths))).rstrip())


def print_policies(policies):
    ordered = sorted(policies.items(), key=lambda item: (-estimate(item[1].registers), item[0]))
    print_table('Policies', ('policy', 'server', 'phase', 'enforced from', *VERDICTS, 'unmet', 'clients'),
                [(*key, '/'.join(sorted(policy.phases)) or '-', '/'.join(sorted(policy.dates)) or '-',
                  *(policy.requests[verdict] for verdict in VERDICTS), policy.share(), policy.clients())
                 for key, policy in ordered], 4)
    rows = [(*key, *sender, requests) for key, policy in ordered
            for sender, requests in sorted(policy.largest.items(), key=lambda row: (-row[1], row[0]))[:LARGEST]]
    if rows:
        print_table('Clients with the most requests', ('policy', 'server', 'network', 'product', 'requests'),
                    rows, 4)


def print_silent(policies):
    """Who has a policy and does not count its clients, as others do."""
    if not any(policy.counting for policy in policies.values()):
        print('no server counts clients (UpgradeCountClients)', file=sys.stderr)
    for (name, server), policy in sorted(policies.items()):
        for url in sorted(policy.servers - policy.counting if policy.counting else ()):
            print(f'{plain(url)}: policy {plain(" ".join((name, server)).strip())}: clients are not counted '
                  '(UpgradeCountClients)', file=sys.stderr)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('url', nargs='+', type=page_url, help='of an upgrade-status page, http or https')
    parser.add_argument('--by-name', action='store_true', help='policies of one name are one, on whatever server')
    parser.add_argument('--timeout', type=float, default=10, metavar='SECONDS', help='for each step; default 10')
    parser.add_argument('--cafile', help='certificates to trust instead of the system\'s')
    return parser.parse_args()


def main():
    asked = arguments()
    context = ssl.create_default_context(cafile=asked.cafile)
    pages, faults = ask_all(dict.fromkeys(asked.url), asked.timeout, context)
    for url, fault in faults.items():
        print(f'{plain(url)}: {plain(fault)}', file=sys.stderr)
    if pages:
        since = sorted(page['since'] for page in pages.values())
        print(f'{len(pages)} of {len(pages) + len(faults)} servers, counting since {plain(since[0])} (the first) '
              f'and {plain(since[-1])} (the last)')
        policies = merge(pages, asked.by_name)
        print_policies(policies)
        print_silent(policies)
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
