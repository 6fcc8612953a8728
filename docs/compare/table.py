"""The table at the end of docs/compare.sh, from the lines of its results, and where Switchboard loses."""

import json
import os
import platform
import subprocess

SYNCED = "on disk before it is acknowledged"
KEEPS = {
    "Switchboard console": f"{SYNCED} (SQLite, `synchronous=FULL`, group commit)",
    "switchboard tail": "the same hub",
    "hub's search": "the same hub (`Operator.History` with a word; no verb has it)",
    "less": "a file; a line that was appended is in the page cache",
    "lnav": "the same file",
    "tail -f \\| grep": "the same file",
    "psql": f"{SYNCED} (`fsync` and `synchronous_commit` on)",
    "NATS, in memory": "nothing is kept",
    "NATS JetStream": "a file that is synced every 2 min",
}
# What a tool is called with, to say its version.
VERSIONS = (
    [os.environ["SWITCHBOARD"], "--version"], ["less", "--version"], ["lnav", "--version"], ["psql", "--version"],
    ["nats-server", "--version"],
)


def read():
    """All figures of all tools."""
    tools = {}
    with open(os.environ["RESULTS"], encoding="utf-8") as results:
        for line in results:
            figures = json.loads(line)
            tools.setdefault(figures.pop("tool"), {}).update(figures)
    return tools


def seconds(value):
    """A time in the unit in which it is read best, with two digits that say something."""
    if value < 0.0995:
        value *= 1000
        return f"{value:.2g} ms" if value < 9.95 else f"{value:.0f} ms"
    return f"{value:.2g} s" if value < 9.95 else f"{value:.0f} s"


def thousands(value):
    """A number with two digits that say something."""
    step = 10 ** max(0, len(str(int(value))) - 2)
    return f"{round(value / step) * step:,}"


def one(figures, name, shown=seconds):
    """A figure, or a dash where there is none."""
    return shown(figures[name]) if name in figures else "–"


def row(tool, figures):
    """A line of the table."""
    rare = one(figures, "rare_s")
    if "rare_missed" in figures:
        rare = f"not found: it looks at the {figures['rare_missed']} rows it has"
    follow = "–"
    if "follow_p50" in figures:
        follow = f"{seconds(figures['follow_p50'])} / {seconds(figures['follow_p99'])}"
        if figures["missed"]:
            follow += f", {figures['missed']} not seen within 5 s"
    writes = "–"
    if "writes_per_s" in figures:
        writes = f"{thousands(figures['writes_per_s'])}/s, {seconds(max(0.0, figures['behind_s']))} behind"
    parts = [f"{figures[name]:.0f}" for name in ("view_mb", "server_mb") if name in figures]
    memory = " + ".join(parts) + " MB" if parts else "–"
    keeps = KEEPS[tool]
    if tool == "NATS JetStream" and figures.get("syncs") == "yes":
        keeps = f"{SYNCED} (`sync_interval: always`)"
    cells = (
        tool if tool in ("Switchboard console", "hub's search") or tool.startswith("NATS") else f"`{tool}`",
        keeps, one(figures, "store_s"), one(figures, "disk_mb", lambda mb: f"{mb:,.0f} MB"),
        one(figures, "server_start_s"), one(figures, "load_s"), rare, one(figures, "frequent_s"), follow, writes, memory,
    )
    return "| " + " | ".join(cells) + " |"


# What is compared: its name, the row of Switchboard that stands for it, and how it is shown. Less is
# better, but for what is counted in a second.
COMPARED = (
    ("store_s", "switchboard tail", "taking all of it in", seconds),
    ("disk_mb", "switchboard tail", "room on disk", lambda mb: f"{mb:,.0f} MB"),
    ("server_start_s", "switchboard tail", "starting the server", seconds),
    ("load_s", "Switchboard console", "showing the newest events", seconds),
    ("rare_s", "switchboard tail", "finding a rare word", seconds),
    ("frequent_s", "switchboard tail", "finding a frequent word", seconds),
    ("follow_p50", "Switchboard console", "showing a new event", seconds),
    ("writes_per_s", "switchboard tail", "events a second of 16 writers, acknowledged", lambda n: thousands(n) + "/s"),
    ("mb", "Switchboard console", "memory", lambda mb: f"{mb:,.0f} MB"),
)


def losses(tools):
    """Each comparison that others win, with those who do."""
    for figures in tools.values():
        parts = [figures[name] for name in ("view_mb", "server_mb") if name in figures]
        if parts:
            figures["mb"] = sum(parts)
    for name, ours, what, shown in COMPARED:
        mine = tools.get(ours, {}).get(name)
        if mine is None:
            continue
        sign = -1 if name == "writes_per_s" else 1
        others = [
            (figures[name], tool) for tool, figures in tools.items()
            if tool in KEEPS and not tool.startswith(("S", "s", "hub")) and name in figures
            # A rate says something beside another only where events are kept and acknowledged.
            and (name != "writes_per_s" or tool in ("psql", "NATS JetStream"))
        ]
        better = sorted((value, tool) for value, tool in others if sign * value < sign * mine)
        if better:
            yield f"- {what}: {shown(mine)} here, " + ", ".join(
                f"{tool.replace(chr(92), '')} {shown(value)}" for value, tool in better
            )


def version(command):
    """The first line of what a program says of itself, or nothing if it is not there."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
    except OSError:
        return ""
    return said.split("\n")[0].strip()


def main():
    """Prints all of it."""
    tools = read()
    count, cores = tools["events"]["count"], os.cpu_count()
    with open("/proc/meminfo", encoding="utf-8") as lines:
        memory = int(lines.readline().split()[1]) / 2**20
    print(f"\n{count:,} events, {platform.system()}, {cores} cores, {memory:.0f} GiB.", end=" ")
    print("; ".join(filter(None, map(version, VERSIONS))) + ".\n")
    print(
        "| tool | what it promises to keep | takes in all | on disk | server starts | newest on screen | rare word"
        " | frequent word | new event seen, p50 / p99 | 16 writers | memory, view + server |"
    )
    print("|---" * 11 + "|")
    for tool in KEEPS:
        if tool in tools:
            print(row(tool, tools[tool]))
    lost = list(losses(tools))
    if lost:
        print("\nWhere others are ahead of Switchboard:\n")
        print("\n".join(lost))
    skipped = os.path.join(os.environ["WORK"], "skipped")
    if os.path.exists(skipped):
        print("\nLeft out:\n")
        with open(skipped, encoding="utf-8") as lines:
            print("".join(f"- {line.replace(' is left out', '')}" for line in lines), end="")


main()
