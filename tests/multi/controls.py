#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Controls of these tests: plants one fault at a time in a copy of the library and sees that the
suite which is for it notices. A fault that goes unnoticed fails this test.

usage: controls.py CC"""
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SRC = HERE.parents[1] / "lib" / "src"
FLAGS = ["-std=gnu11", "-O1", "-w", f"-I{SRC.parent}/include", "-DCONFIG_SYS_HEAP_LISTENER=1",
         "-DCONFIG_SYS_HEAP_ARRAY_SIZE=2", "-DCONFIG_SYS_HEAP_HARDENING_LEVEL=2"]
SUITES = ("notify", "listener", "ledger", "callback", "multi", "multi_realloc", "shared", "damage")

# suite that must notice, fault, file below lib/src, text (exactly once), what it becomes
PLANTED = [
    ("notify", "registering twice closes the list", "heaps/listener.c",
     "    if (*link == NULL) {\n        listener->next", "    {\n        listener->next"),
    ("notify", "a new listener comes first", "heaps/listener.c",
     "        listener->next = NULL;\n        __atomic_store_n(link,",
     "        listener->next = listeners;\n        __atomic_store_n(&listeners,"),
    ("notify", "unregistering cuts the rest off", "heaps/listener.c",
     "__atomic_store_n(link, listener->next,", "__atomic_store_n(link, NULL,"),
    ("notify", "ids are not compared", "heaps/listener.c", "at->heap_id == event->heap_id", "true"),
    ("notify", "kinds are not compared", "heaps/listener.c", "at->event == event->kind", "true"),
    ("notify", "callbacks run without the lock", "heaps/listener.c",
     "    __atomic_store_n(&notifier, kheap_port_self()",
     "    kheap_port_unlock(NULL, key);\n    __atomic_store_n(&notifier, kheap_port_self()"),
    ("notify", "a callback may register", "heaps/listener.c",
     "listener == NULL || kheap_in_callback(NULL)) {\n        return;\n    }\n"
     "    const uintptr_t key = kheap_port_lock(NULL);\n    struct heap_listener **const link ="
     " link_of(listener);\n\n    /* A",
     "listener == NULL) {\n        return;\n    }\n"
     "    const uintptr_t key = kheap_port_lock(NULL);\n    struct heap_listener **const link ="
     " link_of(listener);\n\n    /* A"),
    ("listener", "a free is reported after the join", "free.c",
     "    NOTIFY_FREE(heap, mem, block_bytes(heap, mem));\n    (void)kheap_release(heap, mem);",
     "    (void)kheap_release(heap, mem);\n    NOTIFY_FREE(heap, mem, block_bytes(heap, mem));"),
    ("listener", "a free that fails is reported", "free.c",
     " || !kheap_releasable(heap, mem)) {", ") {"),
    ("listener", "in place, the free comes first", "resize.h",
     "    NOTIFY_ALLOC(heap, p, (size_t)usable_words(f, need2) * 4);\n"
     "    NOTIFY_FREE(heap, p, *usable);",
     "    NOTIFY_FREE(heap, p, *usable);\n"
     "    NOTIFY_ALLOC(heap, p, (size_t)usable_words(f, need2) * 4);"),
    ("ledger", "a resize in place is silent", "resize.h",
     "    NOTIFY_FREE(heap, p, *usable);\n", ""),
    ("ledger", "a moving realloc reports no new block", "alloc.c",
     "    (void)told(heap, moved);\n", ""),
    ("ledger", "a moving realloc reports twice", "alloc.c",
     "    (void)told(heap, moved);\n",
     "    (void)told(heap, moved);\n    (void)told(heap, moved);\n"),
    ("listener", "the size reported is in words", "guard.h",
     "chunk_of_user(p)) - 1) * 4;", "chunk_of_user(p)) - 1);"),
    ("callback", "heaps do not notice callbacks", "notify.h", "    if (kheap_in_callback(object)) {",
     "    if (false) {"),
    ("callback", "other contexts are taken for the callback", "heaps/listener.c",
     " && now == kheap_port_self()", ""),
    ("callback", "the refusal asks the heap again", "heaps/listener.c", " || reporting", ""),
    ("callback", "the shared heap notices under its lock", "heaps/shared_multi_heap.c",
     "    HEAP_REFUSE(&pool.heaps, )\n", ""),
    ("callback", "k_heap's init resets the lock first", "heaps/k_heap.c",
     "    HEAP_REFUSE(&h->heap, -EINVAL);\n", ""),
    ("callback", "k_heap's free notices under its lock", "heaps/k_heap.c",
     "    HEAP_REFUSE(&h->heap, );\n", ""),
    ("multi", "an address below all heaps has record -1", "heaps/multi_heap.c",
     "at == 0 || (uintptr_t)addr", "(uintptr_t)addr"),
    ("multi", "an address in a gap has an owner", "heaps/multi_heap.c",
     "(uintptr_t)addr >= region_end(mheap->heaps[at - 1].heap)", "false"),
    ("multi", "records are not sorted", "heaps/multi_heap.c",
     "while (at > 0 && region_start(mheap->heaps[at - 1].heap) > region_start(heap))",
     "while (false)"),
    ("multi", "one heap too many", "heaps/multi_heap.c", "mheap->nheaps == MAX_MULTI_HEAPS",
     "mheap->nheaps == MAX_MULTI_HEAPS + 1"),
    ("multi", "a heap can be added twice", "heaps/multi_heap.c", "    if (other != NULL) {",
     "    if (other != NULL && other != heap) {"),
    ("multi", "overlaps are not seen", "heaps/multi_heap.c", "    if (other != NULL) {",
     "    if (other == heap) {"),
    ("multi", "the last byte is nobody's", "heaps/multi_heap.c", "((size_t)heap->end + 1) * 8",
     "((size_t)heap->end + 1) * 8 - 1"),
    ("multi", "a bad alignment reaches the callback", "heaps/multi_heap.c",
     "return align_bad(align) ? NULL : choose", "return choose"),
    ("multi", "0 bytes reach the callback", "heaps/multi_heap.c",
     "return bytes == 0 || mheap->choice == NULL", "return mheap->choice == NULL"),
    ("multi", "free of NULL is misuse", "heaps/multi_heap.c", "block == NULL ? NULL : owner_of",
     "owner_of"),
    ("multi_realloc", "the callback is asked before the owner", "heaps/multi_heap.c",
     "if (outcome == KHEAP_MUST_MOVE) {", "if (outcome != KHEAP_NOT_RESIZED) {"),
    ("multi_realloc", "a move keeps the old block", "heaps/multi_heap.c",
     "kheap_block_free(move->owner, move->from)", "true"),
    ("multi_realloc", "a move copies the old size", "heaps/multi_heap.c",
     "usable < bytes ? usable : bytes;", "usable;"),
    ("multi_realloc", "a move does not copy", "heaps/multi_heap.c",
     "    (void)__builtin_memcpy(move.to, move.from, move.bytes);\n", ""),
    ("multi_realloc", "bytes 0 resizes", "heaps/multi_heap.c", "    if (bytes == 0) {\n",
     "    if (false) {\n"),
    ("multi_realloc", "what the owner cannot hold fails", "heaps/multi_heap.c",
     "*usable != 0 ? KHEAP_MUST_MOVE : KHEAP_NOT_RESIZED", "KHEAP_NOT_RESIZED"),
    ("shared", "attributes are not compared", "heaps/shared_multi_heap.c",
     "pool.region[i].attr == *attr", "true"),
    ("shared", "the last region is tried first", "heaps/shared_multi_heap.c",
     "for (int i = 0; i < pool.regions; i++)", "for (int i = pool.regions; i-- > 0;)"),
    ("shared", "a region is formatted before it is looked at", "heaps/shared_multi_heap.c",
     "    if (!pool.ready ||",
     "    struct sys_heap spoilt;\n    (void)sys_heap_init(&spoilt, (void *)region->addr, "
     "region->size);\n    if (!pool.ready ||"),
    ("shared", "a copy under the lock", "heaps/shared_multi_heap.c",
     "    kheap_port_unlock(&pool.lock, key);\n    if (move.to != NULL) {",
     "    if (move.to != NULL)\n        __builtin_memcpy(move.to, move.from, move.bytes);\n"
     "    kheap_port_unlock(&pool.lock, key);\n    if (move.to != NULL) {"),
    ("shared", "a free without the lock", "heaps/shared_multi_heap.c",
     "    const uintptr_t key = kheap_port_lock(&pool.lock);\n\n    sys_multi_heap_free(&pool.heaps,"
     " block);\n    kheap_port_unlock(&pool.lock, key);",
     "    sys_multi_heap_free(&pool.heaps, block);"),
    ("damage", "a move is reported before its last look", "alloc.c",
     "    if (!kheap_releasable(heap, old)) {\n        return false;\n    }\n", ""),
    ("damage", "another heap is asked before the owner is looked at", "heaps/multi_heap.c",
     "outcome == KHEAP_MUST_MOVE && !kheap_releasable(owner, ptr)", "false"),
    ("shared", "a full pool takes one more", "heaps/shared_multi_heap.c",
     "pool.regions == MAX_MULTI_HEAPS", "false"),
]


class Controls:
    """The sound library's objects, and what a fault in one file makes of them."""

    def __init__(self, compiler, folder):
        self.compiler = compiler
        self.folder = Path(folder)
        self.sources = sorted(p.relative_to(SRC) for p in SRC.rglob("*.c"))
        self.sound = {s: self._compile(SRC / s, f"lib_{s.stem}.o") for s in self.sources}
        self.tests = [self._compile(HERE / f"{n}.c", f"{n}.o") for n in ("events", "port_watch")]
        self.suite = {s: self._compile(HERE / f"test_{s}.c", f"test_{s}.o") for s in SUITES}

    def _compile(self, source, name):
        out = self.folder / name
        subprocess.run([*self.compiler, *FLAGS, "-c", source, "-o", out], check=True)
        return out

    def passes(self, suite, objects):
        library = self.folder / "library.a"
        library.unlink(missing_ok=True)
        subprocess.run(["ar", "rcs", library, *objects], check=True)
        program = self.folder / "program"
        subprocess.run([*self.compiler, self.suite[suite], *self.tests, library, "-lcmocka", "-o",
                        program], check=True)
        try:
            return subprocess.run([program], capture_output=True, timeout=20, check=False,
                                  cwd=self.folder).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def noticed(self, suite, name, old, new):
        text = (SRC / name).read_text(encoding="utf-8")
        if text.count(old) != 1:
            print(f"{name}: have {text.count(old)} places with {old!r}, want 1: update this script")
            return False
        copy = self.folder / "src"
        for source in [*SRC.rglob("*.c"), *SRC.rglob("*.h")]:
            to = copy / source.relative_to(SRC)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(source.read_bytes())
        (copy / name).write_text(text.replace(old, new), encoding="utf-8")
        changed = [Path(name)] if name.endswith(".c") else \
            [s for s in self.sources if s.stem in ("alloc", "free", "realloc", "block", "sys_heap")]
        objects = dict(self.sound)
        for source in changed:
            objects[source] = self._compile(copy / source, f"planted_{source.stem}.o")
        return not self.passes(suite, objects.values())


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[-1], file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        controls = Controls(sys.argv[1].split(), folder)
        missed = [f"{suite}: fails on the sound library" for suite in SUITES
                  if not controls.passes(suite, controls.sound.values())]
        missed += [f"{suite}: {fault}: not noticed" for suite, fault, *planted in PLANTED
                   if not controls.noticed(suite, *planted)]
    print("\n".join(missed) if missed else f"{len(PLANTED)} planted faults, all noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
