"""psql on PostgreSQL for docs/compare.sh. The server runs already and has all events as rows.

psql shows a notification only after the next command, so whoever follows with it asks again and again:
`\\watch 0.1`.
"""

import os
import subprocess

from rig import (
    MemoryPeak, Pipe, Words, folder_size, follow, median_of, now, tell, tell_burst, tell_follow,
)

PROBES, BURST = int(os.environ["PROBES"]), int(os.environ["BURST"])
WORDS = {
    "rare": (os.environ["RARE"], os.environ["RARE_SEEN"]),
    "frequent": (os.environ["FREQUENT"], os.environ["FREQUENT_SEEN"]),
}
TOOL = "psql"
NEWEST = "SELECT seq, at, code, number, text FROM events ORDER BY seq DESC, place DESC LIMIT 50"
FOUND = """SELECT seq, at, code, number, text FROM events
WHERE to_tsvector('simple', text) @@ to_tsquery('simple', '{}') ORDER BY seq DESC, place DESC LIMIT 50;
"""
PSQL = ["psql", "-X", "-q", "-P", "pager=off"]


class Writer:
    """A session that writes one event at a time, each with a commit of its own."""

    def __init__(self):
        self.session = Pipe(PSQL)

    def add(self, text):
        """Gives it an event. It does not wait for the commit; the reader sees what is committed."""
        self.session.type(
            "INSERT INTO events (code, customer, number, text)"
            f" VALUES ('MSG', 'el_cst_compare', '+254799000001', '{text}');\n"
        )


def start():
    """A session that shows the newest events ten times a second."""
    view = Pipe(PSQL)
    view.type(NEWEST + " \\watch 0.1\n")
    return view


server = int(os.environ["PG_PID"])
writer = Writer()
newest, loads = Words(TOOL).next(), []
writer.add(newest)
for _ in range(5):
    view = start()
    loads.append(view.wait(newest) - view.started)
    view.end()
tell(TOOL, load_s=median_of(loads))

reader = Pipe(PSQL)
peak = MemoryPeak(view=reader.pid, server=server)
for name, (word, seen) in WORDS.items():
    took = []
    for _ in range(5):
        mark = reader.mark()
        took.append(-reader.type(FOUND.format(word)) + reader.wait(seen, mark))
        reader.rest(0.3)
    tell(TOOL, **{f"{name}_s": median_of(took)})

view = start()
view.wait(newest)
tell_follow(TOOL, follow(view, writer.add, PROBES, 6))
script = os.path.join(os.environ["WORK"], "insert.sql")
with open(script, "w", encoding="utf-8") as insert:
    insert.write("INSERT INTO events (code, customer, number, text) VALUES ")
    insert.write("('MSG', 'el_cst_' || :client_id, '+2547980000', 'Where is my parcel number ' || nextval('next_seq'));\n")
begun, mark = now(), view.mark()
subprocess.run(
    [f"{os.environ['PGBIN']}/pgbench", "-n", "-c", "16", "-j", "2", "-t", str(BURST // 16), "-f", script],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
tell_burst(TOOL, BURST, begun, now(), view.wait_after(writer.add, mark))
tell(TOOL, **{f"{name}_mb": value for name, value in peak.end().items()})
tell(TOOL, disk_mb=folder_size(os.path.join(os.environ["WORK"], "pg")))
for one in (view, reader, writer.session):
    one.end()
