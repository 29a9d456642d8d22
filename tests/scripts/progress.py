#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""progress.py FILE STATUS PHASE...: do the lines of JSON go through these phases and no other, rise in each, and end as they should?
Prints, of each phase, the largest step from one line to the next in per mille of its total."""
import json
import sys


def steps(lines):
    total = lines[0]["total"]
    if any(line["total"] != total for line in lines):
        sys.exit(f"{lines[0]['phase']}: the total changes")
    done = [line["done"] for line in lines]
    if done != sorted(done) or done[-1] > total:
        sys.exit(f"{lines[0]['phase']}: falls, or goes beyond the total: {done}")
    return max([b - a for a, b in zip(done, done[1:])] or [0]) * 1000 // max(total, 1)


def main():
    file, status, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with open(file, encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    seconds = [line["seconds"] for line in lines if "vm" not in line]
    if seconds != sorted(seconds):
        sys.exit("the clock falls")
    phases = {}
    for line in lines:
        phases.setdefault(line.get("vm", "") + line["phase"], []).append(line)
    last = lines[-1]
    if last["type"] != "end" or last["exit_status"] != status or (last["done"] == last["total"]) != (status == 0):
        sys.exit(f"the last line is {last}")
    if list(phases) != wanted + ["end"]:
        sys.exit(f"phases {list(phases)}")
    for name, group in phases.items():
        print(name, steps(group))
        if status == 0 and group[-1]["done"] != group[-1]["total"]:
            sys.exit(f"{name} is never complete: {group[-1]}")


main()
