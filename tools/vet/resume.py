# SPDX-License-Identifier: Apache-2.0
"""What a long stage has finished, kept in a file, so that a stopped one goes on where it was."""

import hashlib
import json
import os


def fingerprint(*paths):
    """Of files, and of folders with all that is in them: results are good for exactly these."""
    digest = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(path.parent)).encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Ledger:
    """Named results, one JSON line each; those of another key are forgotten."""

    def __init__(self, path, key):
        self.path = path
        self.results = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if lines and self._of(lines[0]) == {"key": key}:
            for line in lines[1:]:
                row = self._of(line)
                if row is not None:
                    self.results[row["name"]] = row["result"]
        else:
            path.write_text(json.dumps({"key": key}) + "\n", encoding="utf-8")

    @staticmethod
    def _of(line):
        """None: the line that was being written when the run was stopped."""
        try:
            return json.loads(line)
        except ValueError:
            return None

    def get(self, name):
        return self.results.get(name)

    def put(self, name, result):
        self.results[name] = result
        with open(self.path, "a", encoding="utf-8") as out:
            # A torn line of a killed run must not swallow this one.
            out.write("\n" * self._torn() + json.dumps({"name": name, "result": result}) + "\n")

    def _torn(self):
        with open(self.path, "rb") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() == 0:
                return 0
            file.seek(-1, os.SEEK_END)
            return 0 if file.read(1) == b"\n" else 1
