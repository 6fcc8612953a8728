"""Switchboard for docs/compare.sh: the console in a terminal, `switchboard tail` in a pipe, and the hub's
own search. The hub runs already and holds all events."""

import os
import subprocess
import time

from hub_call import Hub, write_many
from rig import (
    ESCAPES, MemoryPeak, Missed, Pipe, Terminal, Words, folder_size, follow, median_of, now, tell, tell_burst,
    tell_follow,
)

SB = os.environ["SWITCHBOARD"]
PROBES = int(os.environ["PROBES"])
WORDS = {
    "rare": (os.environ["RARE"], os.environ["RARE_SEEN"]),
    "frequent": (os.environ["FREQUENT"], os.environ["FREQUENT_SEEN"]),
}
HUB = int(os.environ["HUB_PID"])


def load(tool, start):
    """From the start of a program until the newest event is seen: the median of five starts. The last
    of the programs goes on, and is returned."""
    took, newest = [], Words(tool).next()
    Hub().message(newest)
    for n in range(5):
        view = start()
        took.append(view.wait(newest) - view.started)
        if n < 4:
            view.end()
    tell(tool, load_s=median_of(took))
    return view


def burst(tool, view):
    """Sixteen customers write a message after the other, each of which the hub acknowledges when it is
    on disk. Then one more is written, and looked for in the view."""
    count, begun, mark = int(os.environ["BURST"]), now(), view.mark()
    write_many(count, 16)
    tell_burst(tool, count, begun, now(), view.wait_after(Hub().message, mark))


def console():
    """The console, following the hub from outside."""
    tool = "Switchboard console"
    view = load(tool, lambda: Terminal([SB]))
    peak = MemoryPeak(view=view.pid, server=HUB)
    view.rest(0.5)
    # The filter looks at the rows that the console has, and draws with every letter that is typed.
    word, seen = WORDS["frequent"]
    took = []
    for _ in range(5):
        view.type("/")
        time.sleep(0.2)
        mark = view.mark()
        took.append(view.wait(seen, mark, 10) - at if (at := view.type(word)) else 0)
        time.sleep(0.3)
        view.type("\x1b")
        time.sleep(0.5)
    tell(tool, frequent_s=median_of(took))
    view.type("/")
    time.sleep(0.2)
    mark = view.mark()
    at = view.type(WORDS["rare"][0])
    try:
        tell(tool, rare_s=view.wait(WORDS["rare"][1], mark, 3) - at)
    except Missed:
        shown = ESCAPES.sub(b" ", b"".join(piece for _, piece in view.pieces[mark:])).decode(errors="replace")
        rows = [part for part in shown.split() if part.startswith("0/")]
        tell(tool, rare_missed=rows[-1][2:] if rows else "some")
    view.type("\x1b")
    view.rest(0.5)
    hub = Hub()
    tell_follow(tool, follow(view, hub.message, PROBES, 1))
    burst(tool, view)
    tell(tool, **{f"{name}_mb": value for name, value in peak.end().items()})
    view.end()


def tail():
    """The verb `tail`, and its search."""
    tool = "switchboard tail"
    view = load(tool, lambda: Pipe([SB, "tail", "-n", "50"]))
    peak = MemoryPeak(view=view.pid, server=HUB)
    hub = Hub()
    tell_follow(tool, follow(view, hub.message, PROBES, 2))
    for name, (word, seen) in WORDS.items():
        begun = now()
        found = subprocess.run(
            [SB, "tail", "-q", word, "-n", "50", "--no-follow"], capture_output=True, text=True, timeout=300, check=True
        )
        took = now() - begun
        if seen not in found.stdout:
            raise RuntimeError(f"{word} was not found")
        tell(tool, **{f"{name}_s": took})
    burst(tool, view)
    tell(tool, **{f"{name}_mb": value for name, value in peak.end().items()})
    view.end()


def search():
    """`Operator.History` with a word, which looks into the hub's index; programs have it, no verb does."""
    tool, hub = "hub's search", Hub()
    peak = MemoryPeak(server=HUB)
    for name, (word, seen) in WORDS.items():
        took = []
        for _ in range(20):
            begun = now()
            answer = hub.history(word, 50)
            took.append(now() - begun)
            if seen.encode() not in answer:
                raise RuntimeError(f"{word} was not found")
        tell(tool, **{f"{name}_s": median_of(took)})
    tell(tool, **{f"{name}_mb": value for name, value in peak.end().items()})


search()
console()
tail()
tell("switchboard tail", disk_mb=folder_size(os.path.join(os.environ["WORK"], "hub")))
