# SPDX-License-Identifier: Apache-2.0
"""The HTML: one page of what is missing, and llvm-cov's own pages of every line."""

from html import escape

import builds
import figures as fig

STYLE = ("body{font:14px sans-serif;margin:2em}td,th{padding:2px 10px;text-align:right}"
         "td:first-child,th:first-child{text-align:left}code{white-space:pre}"
         ".m td{text-align:left;border-top:1px solid #ddd}")


def write_index(root, out, figures, missing):
    rows = "".join(
        f"<tr><td>{escape(name)}</td>" +
        "".join(f"<td>{fig.percent(row[m])}</td><td>{row[m][0]}/{row[m][1]}</td>"
                for m in fig.METRICS) + "</tr>\n"
        for name, row in figures.items())
    texts = {}
    places = ""
    for m in missing:
        if m.file not in texts:
            texts[m.file] = (root / m.file).read_text(encoding="utf-8").splitlines()
        line = texts[m.file][int(m.where.split(":")[0].split(">")[0]) - 1].strip()
        places += (f"<tr><td>{escape(m.file)}:{escape(m.where)}</td><td>{m.what}</td>"
                   f"<td><code>{escape(line)}</code></td></tr>\n")
    page = (f"<!doctype html><meta charset=utf-8><title>Coverage of lib/ from the corpus</title>"
            f"<style>{STYLE}</style><h1>Coverage of lib/ from the corpus alone</h1>"
            f"<p>Union over {len(builds.BUILDS)} configurations. "
            f"<a href='html/index.html'>Every line, by llvm-cov</a></p>"
            f"<table><tr><th>file</th><th colspan=2>lines</th><th colspan=2>branch sides</th>"
            f"<th colspan=2>MC/DC</th></tr>\n{rows}</table>"
            f"<h2>Missing: {len(missing)}</h2><table class=m>{places}</table>")
    (out / "index.html").write_text(page, encoding="utf-8")


def write_lines(ctx, lib, copy, out, objects, profile):
    """llvm-cov's pages; where it counts a line per configuration, the page shows each."""
    argv = ["llvm-cov-19", "show", "-format=html", "-show-branches=count", "-show-mcdc",
            "-show-instantiations=false", f"-path-equivalence={copy},{lib}",
            f"-output-dir={out / 'html'}", "-instr-profile", profile, objects[0]]
    for other in objects[1:]:
        argv += ["-object", other]
    ctx.run([*argv, "-sources", copy], timeout=300, label="llvm-cov show")
