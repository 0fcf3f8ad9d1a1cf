"""What a campaign comes to: a table of what has to be, whether it is, and figures; and then the faults."""
import os

from answers import ANSWERS
from cases import Case

SHOWN = 5


def short(table):
    return ", ".join(f"{name} {number}" for name, number in table.items())


def rows(campaign, stopped):
    """(what has to be, whether it is, figures)"""
    server, backend, rest, count = campaign.server, campaign.backend, campaign.rest, campaign.count
    books, whole = rest.books, not campaign.options.only
    ended_early = bool(rest.faults or server.faults)

    def of(prefix):
        return {name[len(prefix):]: count[name] for name in sorted(count) if name.startswith(prefix)}

    def without(word):
        return not any(word in text for _, text in rest.faults)
    wanted = os.environ.get("UPGRADE_TEST_APR")
    total = sum(of("cases: ").values())
    yield "the APR is the one that watches pools", not wanted or campaign.apr == {wanted}, wanted or "none is asked for"
    yield "every case is judged, and right", total and not any(number is not None for number, _ in rest.faults), (
        f"{total} cases: {short(of('cases: '))}")
    yield "nothing arrives that the policy refuses", backend.served and not backend.wrong, (
        f"{backend.served} requests arrived, {backend.strangers} of them of no case")
    yield "the books close", without("the books"), (
        f"{books.opened} opened, {books.open} open, ended: {short(books.ended)}; carried by {short(books.by)}")
    yield "no tunnel stays open", without("tunnels stay"), f"looked at {rest.closed} times"
    yield "no worker stays busy", without("workers stay"), ""
    yield "no connection stays open", without("connections stay"), ""
    yield "every 101 is logged", without("the access log"), (
        f"{count['tunnels of clients']} of clients, {rest.logged()} lines")
    sums = [sorted(sum(kinds.values()) for kinds in table.values()) for table in campaign.open]
    yield "descriptors are what they were", without("descriptors") and (sums or ended_early or not whole), (
        ", then ".join(map(str, sums)))
    yield "it stops", stopped, ""
    yield "no child has crashed, no sanitizer has spoken", not server.faults, "; ".join(server.faults[:2])
    yield "there are answers", of("status "), short(of("status "))
    yield "there are refusals", server.reasons or not whole, short(dict(sorted(server.reasons.items())))
    yield "the backend has given all answers", total < 10 * len(ANSWERS) or len(of("answered ")) >= len(ANSWERS) - 2, (
        f"{len(of('answered '))} of {len(ANSWERS)}")
    for what in ("rounds", "graceful restarts", "children killed"):
        yield what, campaign.did[what] or ended_early or not whole, str(campaign.did[what])
    yield "a kill has not disturbed all", count["disturbed"] < total, str(count["disturbed"])


def show(campaign, stopped, smallest):
    """How many faults there are"""
    failed, seed = 0, campaign.seed
    print("\n| what has to be | | figures |\n|---|---|---|", flush=True)
    for what, right, figure in rows(campaign, stopped):
        print(f"| {what} | {'ok' if right else 'FAILED'} | {figure} |", flush=True)
        failed += not right
    faults = list(dict.fromkeys(campaign.rest.faults + campaign.backend.wrong))
    for number, text in faults[:SHOWN]:
        print(f"\nseed {seed}: {text[:800]}")
        if number is not None:
            print(Case(seed, number, campaign.options.without).describe())
    numbers = sorted({number for number, _ in faults if number is not None})
    if faults:
        print(f"\n{len(faults)} faults, in the cases {numbers[:50]}", flush=True)
    if numbers:
        print(f"Alone: build/campaign 1 {seed} {','.join(map(str, numbers[:5]))}\n{smallest}", flush=True)
    return failed + len(faults)
