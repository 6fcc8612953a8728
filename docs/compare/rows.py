"""Turns events as JSON lines into a file that psql reads as rows: COPY, the rows with tabs between their
columns, and the end. `rows.py JSON ROWS`"""

import json
import sys

COLUMNS = "seq, place, at, code, customer, number, app, text, kind"


def cell(value):
    """A value as COPY wants it."""
    if value is None:
        return "\\N"
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


with open(sys.argv[1], encoding="utf-8") as events, open(sys.argv[2], "w", encoding="utf-8") as rows:
    rows.write(f"COPY events ({COLUMNS}) FROM STDIN;\n")
    for line in events:
        event = json.loads(line)
        number = (event["number"] or {}).get("number")
        cells = (
            str(event["seq"]), str(event["index"]), event["at"], event["code"], event["customer"], number,
            event["app"], event["text"], event["kind"] if isinstance(event["kind"], dict) else {"is": event["kind"]},
        )
        rows.write("\t".join(map(cell, cells)) + "\n")
    rows.write("\\.\n")
