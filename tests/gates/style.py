# SPDX-License-Identifier: Apache-2.0
"""The part of the house style that can be counted (CONTRIBUTING.md, Style)."""

import re

import gate

CODE = (".c", ".h", ".cc", ".py", ".sh", ".cmake")
FILE_LINES = 400
FUNCTION_LINES = 70
COLUMNS = 100
README_LINES = 20


def function_lengths(text):
    """(line, length) of every function in C laid out by clang-format: '{' and '}' in column 0."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def readme_words(text):
    """Lines that are prose: tables, code blocks and blank lines do not count."""
    fenced = False
    count = 0
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and line.strip() and not line.startswith(("|", "#")):
            count += 1
    return count


def gate_style(root):
    problems = []
    files = gate.tracked(root)
    for file in files:
        if file.suffix in CODE or file.name in ("vet", "CMakeLists.txt"):
            problems += check_code(root, file)
        if file.name == "README.md" and len(file.parts) > 1:
            lines = readme_words((root / file).read_text(encoding="utf-8"))
            if lines > README_LINES:
                problems.append(f"{file}: {lines} lines of prose, at most {README_LINES}")
    tops = {f.parts[0] for f in files if len(f.parts) > 1 and not f.parts[0].startswith(".")}
    for top in sorted(tops - {"cmake", "docs"}):
        if not (root / top / "README.md").is_file():
            problems.append(f"{top}: no README.md")
    return problems


def check_code(root, file):
    problems = []
    text = (root / file).read_text(encoding="utf-8")
    lines = text.splitlines()
    if not re.search("SPDX-License-Identifier: Apache-2.0", "\n".join(lines[:4])):
        problems.append(f"{file}: no SPDX line in the first four")
    if len(lines) > FILE_LINES:
        problems.append(f"{file}: {len(lines)} lines, at most {FILE_LINES}")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and file.suffix in (".c", ".h", ".cc"):
            problems.append(f"{file}:{number}: {len(line)} columns, at most {COLUMNS}")
    if file.suffix in (".c", ".cc"):
        for number, length in function_lengths(text):
            if length > FUNCTION_LINES:
                problems.append(f"{file}:{number}: function of {length} lines, at most {FUNCTION_LINES}")
    return problems


if __name__ == "__main__":
    SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
    README = {"a/README.md": "# a\n"}
    gate.main("style", gate_style, {
        "no SPDX": {"a/a.c": "int a;\n", **README},
        "long file": {"a/a.c": SPDX + "int a;\n" * 401, **README},
        "long line": {"a/a.c": SPDX + "int " + "a" * 100 + ";\n", **README},
        "long function": {"a/a.c": SPDX + "void f(void)\n{\n" + "    ;\n" * 70 + "}\n", **README},
        "no README": {"a/a.c": SPDX},
        "long README": {"a/README.md": "line\n" * 21},
    })
