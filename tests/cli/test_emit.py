# SPDX-License-Identifier: Apache-2.0
"""emit-c: a program of each kind becomes a C test that a sound library passes and a faulty one fails."""

import shlex
import shutil
import subprocess
import unittest

from cli import ROOT, Case

WARNINGS = ["-Wall", "-Wextra", "-Werror"]
HEAP = "heap 256 offset 3\nalloc p0 24\nalloc p1 24\naligned p2 32 8\nfree p0\nrealloc p1 90\nlargest\nusable p1\n"
SYSTEM = "system 512\nalloc p0 0\ncalloc p1 3 20\nrealloc p1 8\nfree p0\n"
MULTI = "multi 1024\nalloc p0 100\nrealloc p0 120\nfree p0\n"
KHEAP = (ROOT / "corpus" / "seeds" / "kheap-wait-is-served.ops").read_text()
POOL = "pool 1024\nalloc p0 1000\nt1 alloc p1 60 wait forever\nfree p0\n"
# kind: program, file below lib/src, what stands there, what it becomes.
KINDS = {
    "heap": (HEAP, "free.c", "(void)free_in(heap, SMALL, mem);", "(void)mem;"),
    "system": (SYSTEM, "heaps/system_heap.c", "return size == 0 ? 1 : size;", "return size;"),
    "multi": (MULTI, "heaps/multi_heap.c", "if (kheap_never_fits(owner, 0, bytes)) {", "if (bytes > 0) {"),
    "kheap": (KHEAP, "heaps/k_heap.c", "    if (freed) {\n        release_serve(h);\n",
              "    if (!freed) {\n        release_serve(h);\n"),
    "pool": (POOL, "heaps/pool_tree.c", "if (pool_block_size(pool, level) >= size) {",
             "if (pool_block_size(pool, level) > size) {"),
}


class Emit(Case):
    def emit(self, name, program, *words):
        self.write(f"{name}.ops", program)
        self.heapvet("emit-c", f"{name}.ops", "-o", f"{name}.c", *words)
        return self.folder / f"{name}.c"

    def run_on(self, source, root, compiler="cc", more=()):
        """Compiles as the test's own first comment says, and runs it."""
        line = next(l for l in source.read_text().splitlines() if l.startswith("// $ "))
        command = line[5:].split(" && ")[0].replace("cc ", f"{compiler} -O0 ", 1)
        command = command.replace(f" {source.name} ", f" {shlex.quote(str(source))} ")
        command = command.replace(" -o test", f" -o {self.folder}/test {' '.join([*WARNINGS, *more])}")
        done = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
        return subprocess.run([self.folder / "test"], capture_output=True, text=True, timeout=60)

    def faulty(self, file, old, new):
        root = self.folder / "faulty"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(ROOT / "lib", root / "lib")
        path = root / "lib" / "src" / file
        text = path.read_text()
        self.assertEqual(text.count(old), 1, file)
        path.write_text(text.replace(old, new))
        return root

    def test_each_kind_tells_a_sound_library_from_a_faulty_one(self):
        for kind, (program, *fault) in KINDS.items():
            with self.subTest(kind):
                source = self.emit(kind, program)
                done = self.run_on(source, ROOT)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                done = self.run_on(source, self.faulty(*fault))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertRegex(done.stderr, r"^FAIL op \d+: .*(have|broken)")

    def test_clang_and_the_sanitizer(self):
        if not shutil.which("clang-19"):
            self.skipTest("there is no clang-19")
        for kind in ("heap", "kheap"):
            done = self.run_on(self.emit(kind, KINDS[kind][0]), ROOT, "clang-19", ["-fsanitize=address"])
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_words_that_ask(self):
        words = ["print 1", "stress 60 9 70", *(f"registry {n}" for n in range(5)), *(f"api {n}" for n in range(11))]
        program = HEAP + "".join(f"{word}\n" for word in words)
        source = self.emit("ask", program)
        done = self.run_on(source, ROOT)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = source.read_text()
        self.assertNotIn("nothing is called", text)
        self.assertIn('           "  unit       14  used         16 bytes\\n"\n', text)
        for fault, says in ((("print.c", "units += tag / 2;", "units = 0;"), "printed: have"),
                            (("stress.c", "    while (s.live != 0) {\n        result->total_frees++;\n",
                              "    while (s.live != 0) {\n"), "stress: total_frees: have"),
                            (("registry.c", "    *heap = NULL;\n    return 0;",
                              "    *heap = NULL;\n    return 1;"), "more heaps than places: have"),
                            (("sys_heap.c", "return -E2BIG;", "return -EINVAL;"), "init() of all bytes behind")):
            with self.subTest(says):
                done = self.run_on(source, self.faulty(*fault))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(says, done.stderr)

    def test_a_word_without_a_C_form_is_refused(self):
        for kind in ("system", "multi"):
            self.write("api.ops", f"{kind} 1024\nalloc p0 8\napi 0\n")
            self.refuses("emit-c", "api.ops", "-o", "api.c", says=[f"api.ops:3: expected no api of {kind}"])
            self.assertFalse((self.folder / "api.c").exists())

    def test_one_test_one_op_one_line(self):
        text = self.emit("heap", HEAP).read_text()
        self.assertIn('    op(4, "free p0");\n    sys_heap_free(&heap, leaves(&p0));\n', text)
        self.assertIn("#define OFFSET   3u", text)
        self.assertNotIn("ops/", text)
        self.assertNotIn("subject", text)

    def test_configuration(self):
        text = self.emit("heap", HEAP, "--subject", "kheap-big", "-D", "CONFIG_SYS_HEAP_HARDENING_LEVEL=2").read_text()
        self.assertIn("-DCONFIG_SYS_HEAP_HARDENING_LEVEL=2 -DCONFIG_SYS_HEAP_BIG_ONLY=1", text)
        self.assertIn("#if CONFIG_SYS_HEAP_BIG_ONLY != 1\n#error", text)

    def test_places_on_demand(self):
        program = "heap 256\nalloc p0 24\n"
        self.assertNotIn("begins_in(&p0", self.emit("a", program).read_text())
        self.assertIn("begins_in(&p0", self.emit("a", program, "--placement").read_text())

    def test_a_region_that_is_refused(self):
        done = self.run_on(self.emit("none", "heap 8\nalloc p0 1\n"), ROOT)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_bad_input(self):
        self.write("two.ops", HEAP)
        self.write("bad.ops", "heap 256\nfrob p0\n")
        self.refuses("emit-c", says=["one subject and one file"])
        self.refuses("emit-c", "none.ops", says=["none.ops"])
        self.refuses("emit-c", "bad.ops", says=["bad.ops:2:"])
        self.refuses("emit-c", "two.ops", "-D", "two words", says=["NAME=VALUE"])
        self.refuses("emit-c", "two.ops", "-o", "no/such/place.c", says=["no/such/place.c"])
        self.refuses("emit-c", "two.ops", "--subject", "libc", says=["libc"])
        self.heapvet("pack", "-o", "two.pack", "two.ops", "two.ops", status=None)

    def test_what_the_sound_heap_fails_is_no_test(self):
        self.write("wrong.ops", "heap 256\nalloc p0 8 -> null\n")
        done = self.heapvet("emit-c", "wrong.ops", "-o", "wrong.c", status=1)
        self.assertIn("oracle expect", done.stderr)
        self.assertFalse((self.folder / "wrong.c").exists())


if __name__ == "__main__":
    unittest.main()
