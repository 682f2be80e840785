# SPDX-License-Identifier: Apache-2.0
"""LLVM's text of a function into SMT-LIB bit vectors: does it return true for all of its arguments?

The function is C, includes lib's very text, and is compiled with -fsanitize=undefined and traps: reaching
a trap refutes as a false result does. Loops are written out as often as given, and one more round refutes
too. What cannot be translated (a load, a call that was not in-lined, a loop in a loop) is an error, never
skipped.
"""

import re

WIDTH = re.compile(r"i(\d+)$")
TYPE = r"(i\d+)"
VALUE = r"(%[\w.]+|-?\d+|true|false|poison|undef)"
BINARY = {"add": "bvadd", "sub": "bvsub", "mul": "bvmul", "udiv": "bvudiv", "urem": "bvurem",
          "sdiv": "bvsdiv", "srem": "bvsrem", "shl": "bvshl", "lshr": "bvlshr", "ashr": "bvashr",
          "and": "bvand", "or": "bvor", "xor": "bvxor"}
COMPARE = {"ult": "bvult", "ule": "bvule", "ugt": "bvugt", "uge": "bvuge", "slt": "bvslt",
           "sle": "bvsle", "sgt": "bvsgt", "sge": "bvsge"}
LEAST_MOST = {"umin": "bvult", "umax": "bvugt", "smin": "bvslt", "smax": "bvsgt"}


class Untranslatable(Exception):
    """The function uses something that this translation has no meaning for."""


def width(kind):
    match = WIDTH.match(kind)
    if not match:
        raise Untranslatable(f"type {kind}")
    return int(match.group(1))


def constant(number, bits):
    return f"(_ bv{number % (1 << bits)} {bits})"


def symbol(name):
    return f"|{name}|"


def operand(text, kind):
    bits = width(kind)
    if text.startswith("%"):
        return symbol(text)
    if text in ("poison", "undef"):
        raise Untranslatable(text)
    return constant({"true": 1, "false": 0}.get(text) if text in ("true", "false") else int(text), bits)


def leading_zeros(value, bits):
    """The highest bit set decides: asked from the top."""
    result = constant(bits, bits)
    for bit in range(bits):
        result = f"(ite (= ((_ extract {bit} {bit}) {value}) #b1) {constant(bits - 1 - bit, bits)} {result})"
    return result


def call_of(text):
    """An intrinsic's value."""
    match = re.search(rf"@llvm\.(\w+)\.(?:sat\.)?{TYPE}\((.*)\)", text)
    if not match:
        raise Untranslatable(f"call: {text}")
    name, kind, given = match.groups()
    bits = width(kind)
    args = [operand(re.search(rf"{VALUE}$", a.strip()).group(1), k) for a, k in
            ((a, a.split()[0]) for a in given.split(","))]
    if name == "ctlz":
        return bits, leading_zeros(args[0], bits)
    if name == "ctpop":
        bit = [f"((_ zero_extend {bits - 1}) ((_ extract {i} {i}) {args[0]}))" for i in range(bits)]
        return bits, f"(bvadd {' '.join(bit)})"
    if name in LEAST_MOST:
        return bits, f"(ite ({LEAST_MOST[name]} {args[0]} {args[1]}) {args[0]} {args[1]})"
    if name == "usub":
        return bits, f"(ite (bvult {args[0]} {args[1]}) {constant(0, bits)} (bvsub {args[0]} {args[1]}))"
    if name == "expect":
        return bits, args[0]
    if name == "abs":
        return bits, f"(ite (bvslt {args[0]} {constant(0, bits)}) (bvneg {args[0]}) {args[0]})"
    if name in ("fshl", "fshr"):
        amount = f"(bvurem {args[2]} {constant(bits, bits)})"
        both = f"(concat {args[0]} {args[1]})"
        wide = f"((_ zero_extend {bits}) {amount})"
        if name == "fshl":
            return bits, f"((_ extract {2 * bits - 1} {bits}) (bvshl {both} {wide}))"
        return bits, f"((_ extract {bits - 1} 0) (bvlshr {both} {wide}))"
    raise Untranslatable(f"llvm.{name}")


def overflowing(name, text):
    """The two parts of a sum that says whether it wrapped, as definitions of NAME.0 and NAME.1."""
    sign, how, kind, a, b = re.search(
        rf"@llvm\.([su])(add|sub|mul)\.with\.overflow\.{TYPE}\({TYPE[1:-1]} {VALUE}, {TYPE[1:-1]} {VALUE}\)",
        text).groups()
    bits = width(kind)
    more = bits if how == "mul" else 1
    extend = f"(_ {'sign' if sign == 's' else 'zero'}_extend {more})"
    exact = f"(bv{how} ({extend} {operand(a, kind)}) ({extend} {operand(b, kind)}))"
    low = f"((_ extract {bits - 1} 0) {exact})"
    return [(f"{name}.0", bits, low), (f"{name}.1", 1, truth(f"(not (= ({extend} {low}) {exact}))"))]


def truth(condition):
    return f"(ite {condition} #b1 #b0)"


def value_of(text):
    """Width and term of the right side of an assignment."""
    words = text.split()
    op = words[0]
    flags = r"(?:nuw |nsw |exact |disjoint |nneg |samesign )*"
    if op in BINARY:
        match = re.match(rf"{op} {flags}{TYPE} {VALUE}, {VALUE}$", text)
        kind, a, b = match.groups()
        return width(kind), f"({BINARY[op]} {operand(a, kind)} {operand(b, kind)})"
    if op == "icmp":
        how, kind, a, b = re.match(rf"icmp {flags}(\w+) {TYPE} {VALUE}, {VALUE}$", text).groups()
        a, b = operand(a, kind), operand(b, kind)
        if how in COMPARE:
            return 1, truth(f"({COMPARE[how]} {a} {b})")
        return 1, truth(f"(= {a} {b})" if how == "eq" else f"(not (= {a} {b}))")
    if op == "select":
        which, kind, a, _, b = re.match(
            rf"select i1 {VALUE}, {TYPE} {VALUE}, {TYPE} {VALUE}$", text).groups()
        return width(kind), f"(ite (= {operand(which, 'i1')} #b1) {operand(a, kind)} {operand(b, kind)})"
    if op in ("zext", "sext", "trunc"):
        kind, a, to = re.match(rf"{op} {flags}{TYPE} {VALUE} to {TYPE}$", text).groups()
        have, want, a = width(kind), width(to), operand(a, kind)
        if op == "trunc":
            return want, f"((_ extract {want - 1} 0) {a})"
        return want, f"((_ {'zero' if op == 'zext' else 'sign'}_extend {want - have}) {a})"
    if op == "freeze":
        kind, a = re.match(rf"freeze {TYPE} {VALUE}$", text).groups()
        return width(kind), operand(a, kind)
    if op == "extractvalue":
        kind, name, part = re.match(rf"extractvalue {{ {TYPE}, i1 }} (%[\w.]+), ([01])$", text).groups()
        return (width(kind), 1)[int(part)], symbol(f"{name}.{part}")
    if op in ("call", "tail"):
        return call_of(text)
    raise Untranslatable(text)


def function_of(module, name):
    """(parameters, blocks): blocks are {label: [instruction]} in the order of the text."""
    match = re.search(rf"^define [^\n]*@{name}\((.*?)\)[^\n]*{{\n(.*?)^}}", module, re.M | re.S)
    if not match:
        raise Untranslatable(f"no function {name}")
    parameters = []
    for i, text in enumerate(p for p in match.group(1).split(",") if p.strip()):
        kind, last = text.split()[0], text.split()[-1]
        parameters.append((last if last.startswith("%") else f"%{i}", kind))
    # The entry has no label of its own when its number is the one after the parameters.
    label, blocks = str(len(parameters)), {}
    for line in match.group(2).splitlines():
        line = re.sub(r",? ![\w.]+.*$", "", line.split(";")[0]).strip()
        head = re.match(r"([\w.]+):$", line)
        if head:
            label = head.group(1)
        elif line:
            blocks.setdefault(label, []).append(re.sub(r" #\d+$", "", line))
    return parameters, blocks


def joined_switches(lines):
    """A switch's cases stand on lines of their own."""
    joined, whole = [], ""
    for line in lines:
        whole = f"{whole} {line}".strip()
        if not whole.startswith("switch ") or whole.endswith("]"):
            joined.append(whole)
            whole = ""
    return joined


def edges_of(last):
    """[(label, condition)] of a block's last instruction."""
    match = re.match(r"br label %([\w.]+)$", last)
    if match:
        return [(match.group(1), "true")]
    match = re.match(rf"br i1 {VALUE}, label %([\w.]+), label %([\w.]+)$", last)
    if match:
        taken = f"(= {operand(match.group(1), 'i1')} #b1)"
        return [(match.group(2), taken), (match.group(3), f"(not {taken})")]
    match = re.match(rf"switch {TYPE} {VALUE}, label %([\w.]+) \[(.*)\]$", last)
    if match:
        kind, value, other, cases = match.groups()
        value = operand(value, kind)
        found = re.findall(rf"{TYPE} (-?\d+), label %([\w.]+)", cases)
        edges = [(label, f"(= {value} {operand(number, kind)})") for _, number, label in found]
        return edges + [(other, "(not (or false " + " ".join(c for _, c in edges) + "))")]
    return []


class Graph:
    """Which blocks form a loop, and an order in which each stands behind all that lead to it."""

    def __init__(self, edges):
        self.to = {label: [target for target, _ in targets] for label, targets in edges.items()}
        self.back = set()
        self.loop = {}
        self._walk(next(iter(edges)))
        for latch, head in self.back:
            self._gather(latch, head)

    def _walk(self, entry):
        """Depth first; an edge to a block that is still being walked closes a loop."""
        state, stack = {entry: "open"}, [(entry, iter(self.to[entry]))]
        while stack:
            label, targets = stack[-1]
            for target in targets:
                if target not in state:
                    state[target] = "open"
                    stack.append((target, iter(self.to[target])))
                    break
                if state[target] == "open":
                    self.back.add((label, target))
            else:
                state[label] = "done"
                stack.pop()

    def _gather(self, latch, head):
        body, more = {head}, [latch]
        while more:
            label = more.pop()
            if label not in body:
                body.add(label)
                more += [source for source, targets in self.to.items() if label in targets]
        for label in body:
            if self.loop.setdefault(label, head) != head:
                raise Untranslatable("a loop in a loop")

    def group(self, label):
        return self.loop.get(label, label)

    def sorted(self, labels, same):
        """Topological order of the labels; `same` names what counts as one."""
        sources = {same(label): set() for label in labels}
        for source in labels:
            for target in self.to[source]:
                if (source, target) not in self.back and same(target) in sources:
                    sources[same(target)].add(same(source))
        order = []
        while sources:
            free = [label for label, before in sources.items() if not before - {label} - set(order)]
            if not free:
                raise Untranslatable("a loop without a head")
            order += free
            for label in free:
                del sources[label]
        return order

    def rounds(self, bound):
        """(label, round) in order; a loop's blocks as often as the bound says."""
        for group in self.sorted(list(self.to), self.group):
            body = [label for label in self.to if self.loop.get(label) == group]
            if not body:
                yield group, 0
                continue
            body = self.sorted(body, lambda label: label)
            yield from ((label, i) for i in range(bound) for label in body)


class Question:
    """Collects the definitions, block by block."""

    def __init__(self, module, name, bound):
        parameters, blocks = function_of(module, name)
        self.blocks = {label: joined_switches(lines) for label, lines in blocks.items()}
        self.edges = {label: edges_of(lines[-1]) for label, lines in self.blocks.items()}
        self.graph = Graph(self.edges)
        self.bound = bound
        self.home = {line.split(" = ")[0]: label for label, lines in self.blocks.items()
                     for line in lines if " = " in line}
        self.parameters = [(symbol(n), width(k)) for n, k in parameters]
        self.text, self.into, self.wrong = [], {}, []
        for label, i in self.graph.rounds(bound):
            self.block(label, i)

    def named(self, term, label, i):
        """The term with the names of one round of a loop."""
        def rename(match):
            name = match.group(1)
            home = self.home.get(re.sub(r"\.[01]$", "", name), self.home.get(name))
            head = self.graph.loop.get(home)
            if head is None:
                return symbol(name)
            if self.graph.loop.get(label) != head:
                raise Untranslatable(f"{name} is used behind its loop")
            return symbol(f"{name}@{i}")
        return re.sub(r"\|(%[\w.]+)\|", rename, term)

    def block(self, label, i):
        into = self.into.get((label, i), [])
        if not into and label != next(iter(self.blocks)):
            return
        reached = symbol(f"reached {label}@{i}")
        conditions = " ".join(c for _, c in into)
        self.text.append(f"(define-fun {reached} () Bool {f'(or {conditions})' if into else 'true'})")
        for line in self.blocks[label]:
            match = re.match(r"(%[\w.]+) = (.*)$", line)
            if match and match.group(2).startswith("phi "):
                self.define(match.group(1), *self.phi(match.group(2), into), label, i, named=True)
            elif match:
                for name, bits, term in definitions(*match.groups()):
                    self.define(name, bits, term, label, i)
            elif line.startswith("ret "):
                given = re.match(rf"ret i1 {VALUE}$", line)
                if not given:
                    raise Untranslatable(f"not a bool: {line}")
                value = self.named(operand(given.group(1), "i1"), label, i)
                self.wrong.append(f"(and {reached} (= {value} #b0))")
            elif line == "unreachable":
                self.wrong.append(reached)
            elif not line.startswith(("br ", "switch ")) and "@llvm.ubsantrap(" not in line:
                raise Untranslatable(line)
        for target, condition in self.edges[label]:
            self.edge(label, i, target, f"(and {reached} {self.named(condition, label, i)})")

    def edge(self, label, i, target, condition):
        if (label, target) in self.graph.back:
            to = i + 1
        elif self.graph.loop.get(target) == self.graph.loop.get(label, ""):
            to = i
        else:
            to = 0
        if to == self.bound:
            self.wrong.append(condition)
        else:
            self.into.setdefault((target, to), []).append(((label, i), condition))

    def phi(self, text, into):
        kind, sources = re.match(rf"phi {TYPE} (.*)$", text).groups()
        values = {source: operand(value, kind)
                  for value, source in re.findall(rf"\[ {VALUE}, %([\w.]+) \]", sources)}
        term = None
        for (label, i), condition in into:
            value = self.named(values[label], label, i)
            term = value if term is None else f"(ite {condition} {value} {term})"
        return width(kind), term

    def define(self, name, bits, term, label, i, named=False):
        term = term if named else self.named(term, label, i)
        own = self.named(symbol(name), label, i)
        self.text.append(f"(define-fun {own} () (_ BitVec {bits}) {term})")

    def smt(self):
        lines = ["(set-logic QF_BV)"]
        lines += [f"(declare-const {n} (_ BitVec {bits}))" for n, bits in self.parameters]
        lines += self.text + [f"(assert (or {' '.join(self.wrong)}))", "(check-sat)"]
        return "\n".join(lines + [f"(get-value ({n}))" for n, _ in self.parameters]) + "\n"


def definitions(name, text):
    """[(name, width, term)] of an assignment."""
    if ".with.overflow." in text:
        return overflowing(name, text)
    return [(name, *value_of(text))]


def question(module, name, bound=1):
    """SMT-LIB that is satisfiable if and only if the function returns false, or traps, for some arguments."""
    return Question(module, name, bound).smt()
