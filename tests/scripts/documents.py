#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""documents.py SCHEMAS KIND FILE...: does each document, or each line of a .jsonl, follow KIND.schema.json? By Python's jsonschema.
The schemas are to allow no key that they do not name: what is added to a document shows here."""
import json
import pathlib
import sys

import jsonschema


def check_closed(node, where):
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object" and node.get("additionalProperties") is not False:
            sys.exit(f"{where}: allows keys that it does not name")
        for key, value in node.items():
            check_closed(value, f"{where}/{key}")
    elif isinstance(node, list):
        for value in node:
            check_closed(value, where)


def documents(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.endswith(".jsonl") else [json.loads(text)]


def deepest(error):
    """Of several that it might be, that which it is nearest to."""
    while error.context:
        error = max(error.context, key=lambda e: len(e.absolute_path))
    return error


def main():
    folder, kind, files = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    path = folder / f"{kind}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    check_closed(schema, path.name)
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(base_uri=path.as_uri(), referrer=schema)
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    bad = 0
    for file in files:
        for document in documents(file):
            for error in validator.iter_errors(document):
                error = deepest(error)
                print(f"{kind}: {file}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
                bad += 1
    if not files:
        sys.exit(f"no document of the kind '{kind}'")
    sys.exit(1 if bad else 0)


main()
