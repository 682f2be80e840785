# SPDX-License-Identifier: Apache-2.0
"""The packs that images replay: the corpus, and programs made from fixed seeds."""

import re
import subprocess
import threading
from pathlib import Path

from firmware.build import ROOT, BuildError

# Arguments of heapvet gen. This one is a trace like that of the peers' figures.
STEADY = ["--profile", "steady", "--seed", "1", "--ops", "10000"]
STEADY_8K = [*STEADY, "--region", "8192"]  # for machines that have no room for the real one
MEASURED_PROFILES = ("fifo", "small", "edges", "aligned", "resize", "phases", "mixed")
MEASURED_OPS = 2000
DIGEST_PROFILES = ("mixed", "aligned", "resize", "hostile", "edges", "phases")
DIGEST_PROGRAMS = 20
DIGEST_OPS = 200


def _run(argv):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        command = " ".join(str(a) for a in argv)
        raise BuildError(f"{command}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def corpus_folders(root=ROOT):
    """What is replayed: seeds, traces, regressions. Misuse has no defined digest: left out."""
    return [f for f in (root / "corpus" / n for n in ("seeds", "traces", "regress"))
            if f.is_dir() and any(p.is_file() and p.name != "README.md" for p in f.rglob("*"))]


KIND = re.compile(r"^(heap|kheap|system|multi|pool)\b", re.MULTILINE)


def files_of_kind(kind, folder):
    """The op programs of a folder that are of this kind, and its packs: those hold traces of heaps."""
    def kind_of(path):
        found = KIND.search(path.read_text()) if path.suffix == ".ops" else None
        return found.group(1) if found else "heap"
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".ops", ".pack"))
    return [p for p in files if kind_of(p) == kind]


class Programs:
    def __init__(self, heapvet, out, root=ROOT):
        self.heapvet = Path(heapvet)
        self.out = Path(out)
        self.root = root
        self.lock = threading.Lock()
        self.known = {}
        self.out.mkdir(parents=True, exist_ok=True)

    def _gen(self, name, arguments):
        path = self.out / f"{name}.pack"
        _run([self.heapvet, "gen", *arguments, "-o", path])
        return path

    def corpus(self):
        path = self.out / "corpus.pack"
        folders = corpus_folders(self.root)
        files = [f for folder in folders for f in files_of_kind("heap", folder)]
        if not files:
            raise BuildError("corpus/ has no programs to replay")
        _run([self.heapvet, "pack", "-o", path, *files])
        return path

    def seeds(self):
        path = self.out / "seeds.pack"
        _run([self.heapvet, "pack", "-o", path,
              *files_of_kind("heap", self.root / "corpus" / "seeds")])
        return path

    def traces(self):
        """The pack of real programs' traces."""
        folder = self.root / "corpus" / "traces"
        if folder not in corpus_folders(self.root):
            raise BuildError("corpus/traces has no traces to measure")
        path = self.out / "traces.pack"
        _run([self.heapvet, "pack", "-o", path, folder])
        return path

    def steady(self):
        return self._gen("steady", STEADY)

    def steady_8k(self):
        return self._gen("steady-8k", STEADY_8K)

    def profiles(self):
        return [self._gen(f"profile-{p}", ["--profile", p, "--seed", "1", "--ops",
                                           str(MEASURED_OPS), "--region", "65536"])
                for p in MEASURED_PROFILES]

    def digests(self):
        return [self.corpus()] + [
            self._gen(f"digest-{p}", ["--profile", p, "--seed", "1", "--count",
                                      str(DIGEST_PROGRAMS), "--ops", str(DIGEST_OPS)])
            for p in DIGEST_PROFILES]

    def digests_of_kind(self, kind):
        """Programs of another kind than heap: its seeds in the corpus, and seeded ones."""
        seeds = files_of_kind(kind, self.root / "corpus" / "seeds")
        packs = []
        if seeds:
            packs.append(self.out / f"seeds-{kind}.pack")
            _run([self.heapvet, "pack", "-o", packs[0], *seeds])
        return packs + [
            self._gen(f"{kind}-{p}", ["--kind", kind, "--profile", p, "--seed", "1", "--count",
                                      str(DIGEST_PROGRAMS), "--ops", str(DIGEST_OPS)])
            for p in ("mixed", "resize", "edges")]

    def host_digests(self, packs, subject):
        """[(name, digest)] in the order of the packs, as this machine computes them."""
        key = (subject, *packs)
        with self.lock:
            if key not in self.known:
                self.known[key] = self._host_digests(packs, subject)
            return self.known[key]

    def _host_digests(self, packs, subject):
        out = _run([self.heapvet, "run", "--bare", "--digest", "--subject", subject, *packs])
        found = []
        for line in out.splitlines():
            words = line.split()
            if len(words) == 3 and words[1] == subject and len(words[0]) == 8:
                found.append((words[2].rsplit(":", 1)[-1], words[0]))
        if not found:
            raise BuildError(f"heapvet run --digest printed no digest of {subject}")
        return found
