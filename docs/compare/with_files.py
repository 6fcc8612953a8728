"""`less`, `lnav` and `tail -f | grep` for docs/compare.sh, on the events as lines. `with_files.py TOOL`

Whoever appends to the file stands for the program that logs. An append is in the page cache and not on
disk, so these tools are not asked to keep anything.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

from rig import (
    MemoryPeak, Missed, Pipe, Terminal, Words, follow, median_of, now, tell, tell_burst, tell_follow,
)

WORK, PROBES, BURST = os.environ["WORK"], int(os.environ["PROBES"]), int(os.environ["BURST"])
WORDS = {
    "rare": (os.environ["RARE"], os.environ["RARE_SEEN"]),
    "frequent": (os.environ["FREQUENT"], os.environ["FREQUENT_SEEN"]),
}
LINES = os.path.join(WORK, "lines")


class Log:
    """A copy of the lines, to which lines are added as the hub would."""

    def __init__(self, path):
        self.path = path
        shutil.copyfile(LINES, path)
        self.file = open(path, "ab", buffering=0)
        self.number = 10_000_000

    def line(self, text):
        """A line like those that are there already."""
        self.number += 1
        head = f"{self.number} 2026-11-28T20:00:00 MSG < +254799000001   -                sms 40404        "
        return f"{head}{text}\n".encode()

    def add(self, text):
        """Appends one line by one write."""
        self.file.write(self.line(text))


def burst(tool, view, log):
    """As many lines as the writers of the hub write, each by a write of its own."""
    begun, mark = now(), view.mark()
    for n in range(BURST):
        log.add(f"Where is my parcel number {n}")
    tell_burst(tool, BURST, begun, now(), view.wait_after(log.add, mark))


def load(tool, start, log):
    """From the start until the last line is on the screen: the median of three. The last goes on."""
    newest, took = Words(tool).next(), []
    log.add(newest)
    for n in range(3):
        view = start()
        took.append(view.wait(newest, 0, 120) - view.started)
        if n < 2:
            view.end()
    tell(tool, load_s=median_of(took))
    return view


def filters(tool, start, peak, write_filter, again=None):
    """Both words, each in a program that has just been started, with the whole file in it."""
    for name, (word, seen) in WORDS.items():
        view = start()
        peak.pids["view"] = view.pid
        view.rest(1.0, 8)
        try:
            mark, at = write_filter(view, word)
            tell(tool, **{f"{name}_s": view.wait_pressing(again, seen, mark, 90) - at})
        except Missed as why:
            print(f"  {tool}: {why}")
        peak.look()
        view.end()


def follows(tool, start, peak, log, keys, seed, is_following=""):
    """Single events, and then many. Some say when they follow."""
    view = start()
    peak.pids["view"] = view.pid
    view.rest(1.0, 8)
    mark = view.mark()
    view.type(keys)
    if is_following:
        view.wait(is_following, mark, 10)
    view.rest(0.5)
    tell_follow(tool, follow(view, log.add, PROBES, seed))
    burst(tool, view, log)
    tell(tool, view_mb=peak.end()["view"])
    view.end()


def with_less(log):
    """`less`: `+G` to load, `&` to filter, `F` to follow."""
    tool, start = "less", lambda: Terminal(["less", "+G", log.path], LESSHISTFILE="-")
    view = load(tool, start, log)
    peak = MemoryPeak(view=view.pid)
    view.end()

    def write_filter(view, word):
        # From the first line on, because `&` shows what comes after the line that stands on top.
        view.type("g")
        view.rest(0.3)
        view.type(f"&{word}")
        view.rest(0.3)
        return view.mark(), view.type("\r")

    filters(tool, start, peak, write_filter)
    follows(tool, start, peak, log, "F", 3, "Waiting for data")


def with_lnav(log):
    """`lnav`, which reads the whole file and follows it by itself."""
    # It keeps the filters of a file in its home, so each start has a new one.
    tool, start = "lnav", lambda: Terminal(["lnav", "-N", log.path], HOME=tempfile.mkdtemp(dir=WORK))
    view = load(tool, start, log)
    peak = MemoryPeak(view=view.pid)
    view.end()

    def write_filter(view, word):
        view.type("g")
        time.sleep(1)
        view.type(":")
        time.sleep(0.5)
        view.type(f"filter-in {word}")
        time.sleep(1)
        return view.mark(), view.type("\r")

    # It stays where it was in the file, so it is asked for the first line that is left.
    filters(tool, start, peak, write_filter, "g")
    follows(tool, start, peak, log, "G", 4)


def with_tail(log):
    """`tail -f` for the newest lines, `grep` for the search, and both together to follow a search."""
    tool = "tail -f \\| grep"
    view = load(tool, lambda: Pipe(["tail", "-n", "50", "-f", log.path]), log)
    view.end()
    for name, (word, seen) in WORDS.items():
        took = []
        for _ in range(3):
            begun = now()
            found = subprocess.run(
                f"grep -i -F -- {word} '{log.path}' | tail -n 50", shell=True, capture_output=True, text=True, check=True
            )
            took.append(now() - begun)
            if seen not in found.stdout:
                raise RuntimeError(f"{word} was not found")
        tell(tool, **{f"{name}_s": median_of(took)})
    view = Pipe(["sh", "-c", f"tail -n 50 -f '{log.path}' | grep --line-buffered -F MSG"])
    peak = MemoryPeak(view=view.pid)
    view.rest(0.5)
    tell_follow(tool, follow(view, log.add, PROBES, 5))
    burst(tool, view, log)
    tell(tool, view_mb=peak.end()["view"])
    view.end()


one = Log(os.path.join(WORK, "growing.log"))
try:
    {"less": with_less, "lnav": with_lnav, "tail": with_tail}[sys.argv[1]](one)
finally:
    os.unlink(one.path)
