"""What every measurement of docs/compare.sh needs: a terminal program in a pseudo-terminal, seen from
outside, the memory of a tree of processes, words that can be told apart, and a place for results.

Only the standard library is used. A terminal is judged by the bytes that it gets: a text is on the
screen when the bytes of its letters have arrived. Programs that draw only what has changed would leave
out letters that stand there already, so the texts that are waited for are chosen to differ from what
they overwrite.
"""

import atexit
import fcntl
import json
import os
import pty
import random
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

ROWS, COLUMNS = 60, 200
# Escape sequences: CSI, OSC, the choice of a character set, and what has two characters.
ESCAPES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]"
)
# What a terminal answers to a program that asks what it is and where the cursor stands.
ANSWERS = ((b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[0c", b"\x1b[?62;22c"))

now = time.perf_counter


class Missed(Exception):
    """What was waited for did not come in time."""


VIEWS = []  # what is running and has to be ended, whatever happens


@atexit.register
def end_all():
    """Ends every program that was started here and is still there."""
    for view in VIEWS[:]:
        view.end()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Arrivals:
    """Bytes of a program with the time at which each piece of them arrived."""

    def __init__(self, fd):
        self.fd = fd
        self.changed = threading.Condition()
        self.pieces = []
        self.is_over = False
        VIEWS.append(self)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                piece = os.read(self.fd, 1 << 16)
            except OSError:
                piece = b""
            with self.changed:
                self.pieces.append((now(), piece))
                self.is_over = not piece
                self.changed.notify_all()
            if not piece:
                return
            self.heard(piece)

    def heard(self, piece):
        """For whoever has to answer."""

    def mark(self):
        """The place after everything that has arrived."""
        with self.changed:
            return len(self.pieces)

    def wait(self, text, since=0, seconds=60.0):
        """When `text` had arrived among what came after the mark."""
        text, deadline, seen, at = text.encode(), now() + seconds, b"", since
        while True:
            with self.changed:
                while at >= len(self.pieces):
                    left = deadline - now()
                    if left <= 0 or self.is_over:
                        raise Missed(f"{text.decode()!r} was not seen within {seconds:.0f} s")
                    self.changed.wait(left)
                when, piece = self.pieces[at]
            at += 1
            # An escape sequence may be cut by the end of a piece, so a few bytes are kept.
            seen = seen[-4096:] + piece
            if text in ESCAPES.sub(b"", seen):
                return when

    def wait_pressing(self, key, text, since, seconds):
        """The same, while a key is pressed again and again."""
        deadline = now() + seconds
        while key and now() < deadline:
            try:
                return self.wait(text, since, 0.05)
            except Missed:
                self.type(key)
        return self.wait(text, since, max(0.0, deadline - now()))

    def wait_after(self, write, since):
        """Writes one more event, and says when it was seen."""
        word = Words(now()).next()
        write(word)
        return self.wait(word, since)

    def rest(self, quiet, seconds=3.0):
        """Waits until nothing has come for so long."""
        deadline = now() + seconds
        while now() < deadline:
            before = self.mark()
            time.sleep(quiet)
            if self.mark() == before:
                return


class Terminal(Arrivals):
    """A program in a pseudo-terminal of 200 columns and 60 rows."""

    def __init__(self, command, **environment):
        self.started = now()
        self.pid, fd = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            place = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
            try:
                os.execvpe(command[0], command, {**os.environ, **place, **environment})
            finally:
                os._exit(127)
        super().__init__(fd)

    def heard(self, piece):
        for question, answer in ANSWERS:
            if question in piece:
                os.write(self.fd, answer)

    def type(self, keys):
        """Presses keys, and says when."""
        at = now()
        os.write(self.fd, keys.encode())
        return at

    def end(self):
        """Ends the program, first politely."""
        VIEWS.remove(self)
        for how in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, how)
            except ProcessLookupError:
                pass
            for _ in range(40):
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
                time.sleep(0.05)


class Pipe(Arrivals):
    """A program whose standard output is read and whose standard input can be written."""

    def __init__(self, command, **environment):
        self.started = now()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        self.pid = self.process.pid
        super().__init__(self.process.stdout.fileno())

    def type(self, text):
        """Gives it a line, and says when."""
        at = now()
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()
        return at

    def end(self):
        """Ends the program and everything that it started."""
        VIEWS.remove(self)
        try:
            os.killpg(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()


def tree(pid):
    """A process and all that descend from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found, open_ends = [], [pid]
    while open_ends:
        one = open_ends.pop()
        found.append(one)
        open_ends += children.get(one, [])
    return found


def memory(pid):
    """Megabytes of a tree of processes. What several of them share is counted once (PSS)."""
    total = 0
    for one in tree(pid):
        try:
            with open(f"/proc/{one}/smaps_rollup", encoding="utf-8") as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            continue
    return total / 1024


class MemoryPeak:
    """Looks at the memory of some trees of processes twice a second and keeps the most of each."""

    def __init__(self, **pids):
        self.pids = pids
        self.most = dict.fromkeys(pids, 0.0)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.is_over.wait(0.5):
            self.look()

    def look(self):
        """Looks once."""
        for name, pid in list(self.pids.items()):
            self.most[name] = max(self.most.get(name, 0.0), memory(pid))

    def end(self):
        """The most of each, in megabytes."""
        self.is_over.set()
        self.thread.join()
        self.look()
        return self.most


def percentile(values, part):
    """A percentile of what was measured."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Words:
    """Words for probes. Each differs from the one before in every letter, and none comes twice."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.last = "a" * 12

    def next(self):
        letters = [self.random.choice([c for c in "bcdfghjklmnpqrstvwxz" if c != old]) for old in self.last]
        self.last = "".join(letters)
        return self.last


def follow(view, write, count, seed):
    """Writes single events and waits until each is seen. The seconds that each took, without those that
    were not seen within five; more than five of these end it."""
    words, took, missed = Words(seed), [], 0
    for _ in range(count):
        word, mark = words.next(), view.mark()
        time.sleep(words.random.uniform(0.02, 0.06))
        at = now()
        write(word)
        try:
            took.append(view.wait(word, mark, 5) - at)
        except Missed:
            missed += 1
            if missed > 5:
                raise
    return took


def folder_size(path):
    """Megabytes on disk of what is below a folder."""
    blocks = 0
    for where, _, names in os.walk(path):
        for name in names:
            try:
                blocks += os.lstat(os.path.join(where, name)).st_blocks
            except OSError:
                continue
    return blocks * 512 / 1e6


def tell(tool, **measured):
    """Adds to the results of a tool, and says so."""
    with open(os.environ["RESULTS"], "a", encoding="utf-8") as results:
        results.write(json.dumps({"tool": tool, **measured}) + "\n")
    shown = ", ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in measured.items())
    print(f"  {tool}: {shown}", flush=True)


def median_of(values):
    """The one in the middle."""
    return percentile(values, 0.5)


def tell_burst(tool, written, begun, ended, seen):
    """Tells how many events a second were taken in, and how long after the last of them the view had
    shown all of them."""
    tell(tool, writes_per_s=written / (ended - begun), behind_s=seen - ended)


def tell_follow(tool, took):
    """The same for what `follow` measured."""
    missed = int(os.environ["PROBES"]) - len(took)
    tell(tool, follow_p50=percentile(took, 0.5), follow_p99=percentile(took, 0.99), missed=missed)
