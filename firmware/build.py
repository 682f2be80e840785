# SPDX-License-Identifier: Apache-2.0
"""Compiles and links firmware images and the counting plugin, and runs images under the emulator.

An object is made again when its command or any file it was made from has changed. Objects are
shared between images by their command line.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from firmware.targets import CONFIGS, TARGETS

ROOT = Path(__file__).resolve().parents[1]
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef",
            "-Wcast-align", "-Wvla", "-Werror"]
FREESTANDING = ["-std=gnu11", "-g", "-ffreestanding", "-ffunction-sections", "-fdata-sections",
                "-fno-common"]
OPS_REPLAY = [f"ops/{n}.c" for n in ("op", "record", "pack", "apply", "digest", "replay")]
# What each image is made of besides start-up, port, subject and library: patterns below the root.
IMAGES = {
    "replay": ["firmware/main.c", "firmware/stream.c", *OPS_REPLAY],
    "count": ["firmware/count.c", "firmware/measured.c", "firmware/adversarial.c",
              "firmware/stream.c", *OPS_REPLAY],
    "plain": ["firmware/plain_image.c", "tests/plain/plain_*.c", "reference/*model*.c",
              "ops/*.c"],
    "endings": ["tests/firmware/endings.c"],
    "waits": ["firmware/waits.c", "firmware/timer.c"],
    "nocache": ["firmware/waits.c", "firmware/timer.c"],
}
# Images with the heaps above sys_heap and a port. Of them, those that replay: the subject, and the
# options that the host's subject of the same name has.
ABOVE = {
    "kheap-kheap": ("kheap_kheap.c", ["-DCONFIG_DCACHE=0"]),
    "multi": ("kheap_multi.c", ["-DCONFIG_SYS_HEAP_LISTENER=1"]),
    "system": ("kheap_system.c", ["-DCONFIG_HEAP_MEM_POOL_SIZE=1", "-DCONFIG_SYS_HEAP_LISTENER=1"]),
    "system-legacy": ("kheap_system.c", ["-DCONFIG_HEAP_MEM_POOL_SIZE=16384",
                                         "-DCONFIG_HEAP_MEM_POOL_LEGACY=1"]),
}
IMAGES.update({kind: IMAGES["replay"] for kind in ABOVE})
ON_A_PORT = ("waits", "nocache", *ABOVE)
HOSTED = ("host", "shrink")  # files of ops/ that need an operating system
EXTRA_FLAGS = {
    "plain": ["-Itests/plain", "-Isubjects", '-DKHEAP_CONFIG_HEADER="kheap_probe.h"'],
    "waits": ["-DCONFIG_HEAP_MEM_POOL_SIZE=1024", "-DCONFIG_DCACHE=0"],
    "nocache": ["-DCONFIG_HEAP_MEM_POOL_SIZE=1024"],
    **{kind: ["-Isubjects", "-DSUBJECT_ON_TARGET", *flags] for kind, (_, flags) in ABOVE.items()},
}
RUN_SECONDS = 120


class BuildError(Exception):
    """A compiler said no; the text is for people."""


def first_error(stderr):
    """The line that says it; all of it when no line does."""
    lines = [l for l in stderr.splitlines() if "error" in l or "undefined" in l or "multiple" in l]
    return lines[0] if lines else stderr.strip()


class Ran:
    """What an image printed and how it ended. status is None when it had to be stopped."""

    def __init__(self, status, out, table=None):
        self.status = status
        self.out = out
        self.lines = out.splitlines()
        self.table = table


class Builder:
    def __init__(self, out, jobs=2, root=ROOT):
        self.root = Path(root)
        self.out = Path(out)
        self.jobs = jobs

    @contextlib.contextmanager
    def _alone(self):
        """Tests that run at once share objects: one of them builds at a time."""
        self.out.mkdir(parents=True, exist_ok=True)
        with open(self.out / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # Objects

    def _fresh(self, obj, stamp, command):
        deps = obj.with_suffix(".d")
        if not (obj.exists() and deps.exists() and stamp.exists()):
            return False
        if stamp.read_text() != command:
            return False
        made = obj.stat().st_mtime_ns
        words = deps.read_text().replace("\\\n", " ").split(":", 1)[1].split()
        try:
            return all(os.stat(self.root / word).st_mtime_ns <= made for word in words)
        except FileNotFoundError:
            return False

    def _object(self, target, source, flags):
        command = [target.prefix + "gcc", *target.flags, *FREESTANDING, *WARNINGS, *flags]
        text = " ".join(command + [str(source)])
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        obj = self.out / "obj" / target.name / f"{source.stem}-{name}.o"
        stamp = obj.with_suffix(".cmd")
        if self._fresh(obj, stamp, text):
            return obj
        obj.parent.mkdir(parents=True, exist_ok=True)
        part = obj.with_suffix(".part")
        done = subprocess.run(
            command + ["-MD", "-MF", obj.with_suffix(".d"), "-c", str(source), "-o", str(part)],
            capture_output=True, text=True, check=False, cwd=self.root)
        if done.returncode != 0:
            raise BuildError(f"{source} for {target.name}: {first_error(done.stderr)}")
        os.replace(part, obj)
        stamp.write_text(text)
        return obj

    def _sources(self, target, kind, config, opt, lib, extra):
        """[(source, flags)] of everything but the start-up file."""
        lib = Path(lib) if lib else self.root / "lib"
        own = ["-O2", *target.harness, "-Ifirmware", "-Ifirmware/include", "-Iops"]
        kind_flags = EXTRA_FLAGS.get(kind, [])
        defines = [f"-D{d}" for d in (*CONFIGS[config], *extra)]
        heap = [*kind_flags, *defines, f"-I{lib}/include", f"-I{lib}/src"]
        sources = [s for pattern in IMAGES[kind] for s in sorted(self.root.glob(pattern))
                   if not s.stem.startswith(HOSTED)]
        jobs = [(s, [*own, *(heap if s.parent.name != "ops" else [])]) for s in sources]
        jobs += [(self.root / "firmware" / "semihost.c", own),
                 (self.root / "firmware" / "freestanding.c",
                  [*own, "-fno-tree-loop-distribute-patterns"])]
        library = self._library(config, opt, lib, extra, kind_flags)
        if kind in ON_A_PORT:
            above = [*sorted((lib / "src" / "heaps").glob("*.c")), lib / "port" / target.port / "port.c"]
            subject = [(self.root / "subjects" / ABOVE[kind][0], [*own, *heap])] if kind in ABOVE else []
            return jobs + library + [(s, library[0][1]) for s in above] + subject
        return jobs + library + [(self.root / "subjects" / "kheap.c", [*own, *heap])]

    def _library(self, config, opt, lib=None, extra=(), kind_flags=()):
        lib = Path(lib) if lib else self.root / "lib"
        flags = [f"-{opt}", "-Ifirmware/include", *kind_flags,
                 *(f"-D{d}" for d in (*CONFIGS[config], *extra)),
                 f"-I{lib}/include", f"-I{lib}/src"]
        return [(s, flags) for s in sorted((lib / "src").glob("*.c"))]

    def kheap_objects(self, target_name, config, opt):
        """The objects of lib/, as images have them."""
        with self._alone():
            return [self._object(TARGETS[target_name], *job) for job in self._library(config, opt)]

    # Images

    def image(self, target_name, kind, config, opt="O2", lib=None, extra=(), tag="", pad=0,
              script=None):
        """Path of the linked image, and its .map beside it. lib: another lib folder, extra: more
        -D, tag: its name, pad: so many bytes in front of all code, script: another linker script."""
        with self._alone():
            return self._image(target_name, kind, config, opt, lib, extra, tag, pad, script)

    def _image(self, target_name, kind, config, opt, lib, extra, tag, pad, script):
        target = TARGETS[target_name]
        here = self.root / "firmware"
        jobs = [(here / target.startup, ["-O2", "-Ifirmware", "-Ifirmware/include"])]
        jobs += self._sources(target, kind, config, opt, lib, extra)
        with ThreadPoolExecutor(self.jobs) as pool:
            objects = list(pool.map(lambda job: self._object(target, *job), jobs))
        elf = self.out / f"{target.name}-{kind}-{config}-{opt}{tag}.elf"
        script = Path(script) if script else here / target.script
        newest = max(o.stat().st_mtime_ns for o in [*objects, script, Path(__file__)])
        stamp = elf.with_suffix(".cmd")
        symbols = [f"-Wl,--defsym={k}={v:#x}" for k, v in {**target.memory, "image_pad": pad}.items()]
        command = [target.prefix + "gcc", *target.flags, "-nostdlib", "-Wl,--gc-sections",
                   "-Wl,--no-warn-rwx-segments", f"-Wl,-Map,{elf.with_suffix('.map')}", f"-Wl,-T,{script}",
                   *symbols,
                   *map(str, objects), "-lgcc", "-o", str(elf)]
        text = " ".join(command)
        if elf.exists() and stamp.exists() and stamp.read_text() == text \
                and elf.stat().st_mtime_ns >= newest:
            return elf
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{elf.name}: {first_error(done.stderr)}")
        stamp.write_text(text)
        return elf

    def plugin(self):
        with self._alone():
            return self._plugin()

    def _plugin(self):
        source = self.root / "firmware" / "plugin.c"
        plugin = self.out / "plugin.so"
        if plugin.exists() and plugin.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            return plugin
        part = plugin.with_suffix(".part")
        done = subprocess.run(
            ["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-shared", "-fPIC",
             "-fvisibility=hidden", *WARNINGS, str(source), "-o", str(part)],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{source}: {first_error(done.stderr)}")
        os.replace(part, plugin)
        return plugin

    def symbols(self, target_name, elf):
        """Addresses and sizes by name; without the Thumb bit, as nm prints labels."""
        done = subprocess.run([TARGETS[target_name].prefix + "nm", "-S", str(elf)],
                              capture_output=True, text=True, check=True)
        found = {}
        for line in done.stdout.splitlines():
            words = line.split()
            size = int(words[1], 16) if len(words) == 4 else 0
            if len(words) >= 3:
                found[words[-1]] = (int(words[0], 16), size)
        return found

    # Running

    def run(self, target_name, elf, words=(), seconds=RUN_SECONDS, count=False, trace=None):
        """Runs an image; count: under the plugin. A run that does not end in time is stopped."""
        target = TARGETS[target_name]
        # The image's room for its command line is small: paths are relative to the build folder.
        words = [os.path.relpath(w, self.out) if isinstance(w, Path) else w for w in words]
        arguments = "".join(f",arg={w}" for w in ("image", *words))
        command = [*target.qemu, "-display", "none", "-monitor", "none", "-serial", "none",
                   "-chardev", "stdio,id=c", "-semihosting-config",
                   f"enable=on,target=native,chardev=c{arguments}", "-kernel", str(elf.resolve())]
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "table"
            if count:
                names = self.symbols(target_name, elf)
                labels, size = names["measured_labels"]
                plugin = (f"file={self.plugin().resolve()},begin={names['measured_begin'][0]:#x},"
                          f"end={names['measured_end'][0]:#x},labels={labels:#x},count={size},"
                          f"out={table}")
                command += ["-plugin", plugin + (f",trace={trace}" if trace is not None else "")]
            try:
                done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                      stdin=subprocess.DEVNULL, timeout=seconds, check=False,
                                      cwd=self.out)
                status, out = done.returncode, done.stdout + done.stderr
            except subprocess.TimeoutExpired as late:
                status, out = None, (late.stdout or b"").decode(errors="replace")
            return Ran(status, out, table.read_text() if table.exists() else None)


def compiler_version(target_name):
    done = subprocess.run([TARGETS[target_name].prefix + "gcc", "--version"], capture_output=True,
                          text=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.splitlines()[0])
