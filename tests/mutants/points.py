# SPDX-License-Identifier: Apache-2.0
"""All first-order mutants of one source file, found in its syntax tree by libclang."""

import re
from collections import Counter, namedtuple
from ctypes import POINTER, byref, c_uint, c_void_p

import clang.cindex as cindex
from clang.cindex import CursorKind as Kind

# A mutant: file[start:end] becomes `text`. form says how both stand in one source: "expr" and
# "lvalue" beside each other behind a test of the number, "stmt" is left out. id is for people.
Mutant = namedtuple("Mutant", "file start end text form id")

RELATIONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
             "==": ("!=",), "!=": ("==",)}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "&": "|", "|": "&", "^": "&",
              "<<": ">>", ">>": "<<"}
LOGIC = {"&&": "||", "||": "&&"}
STEPS = {"++": "--", "--": "++"}
TABLE = {**{k: v for k, v in RELATIONS.items()},
         **{k: (v,) for k, v in {**ARITHMETIC, **LOGIC}.items()},
         **{k + "=": (v + "=",) for k, v in ARITHMETIC.items()}}
# Words for ids, which people paste into shells.
WORDS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne", "+": "add",
         "-": "sub", "*": "mul", "/": "div", "%": "mod", "&": "and", "|": "or", "^": "xor",
         "<<": "shl", ">>": "shr", "&&": "land", "||": "lor", "++": "inc", "--": "dec"}

BINARY = {Kind.BINARY_OPERATOR, Kind.COMPOUND_ASSIGNMENT_OPERATOR}
EXPRESSIONS = {Kind.BINARY_OPERATOR, Kind.COMPOUND_ASSIGNMENT_OPERATOR, Kind.UNARY_OPERATOR,
               Kind.CALL_EXPR, Kind.CSTYLE_CAST_EXPR, Kind.PAREN_EXPR}
JUMPS = {Kind.BREAK_STMT, Kind.CONTINUE_STMT, Kind.RETURN_STMT}
LOOPS = {Kind.FOR_STMT, Kind.WHILE_STMT, Kind.DO_STMT, Kind.SWITCH_STMT}
# What a compiler must know, and no run can choose.
CONSTANT = {Kind.ENUM_DECL, Kind.STATIC_ASSERT, Kind.CXX_UNARY_EXPR, Kind.FIELD_DECL}
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*\Z")
LIKELY = re.compile(r"(un)?likely\s*\(")


def word_of(operator):
    if operator in WORDS:
        return WORDS[operator]
    return WORDS[operator[:-1]] + "eq"


def library():
    """libclang with the one call that its Python lacks: where a macro's argument is written."""
    lib = cindex.conf.lib
    lib.clang_getFileLocation.argtypes = [cindex.SourceLocation, POINTER(c_void_p),
                                          POINTER(c_uint), POINTER(c_uint), POINTER(c_uint)]
    return lib


def balanced(text):
    depth = 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if depth < 0:
            return False
    return depth == 0


def closing(text, at):
    """Behind the parenthesis that closes the one at `at`."""
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return end + 1
    return len(text)


def children(node):
    return list(node.get_children())


def bare(kind):
    """A type without const and typedefs."""
    return kind.get_canonical().spelling.replace("const ", "").replace(" const", "")


class Finder:
    """Collects what one configuration's tree shows of the files it is asked for."""

    def __init__(self, texts):
        self.texts = texts  # path -> str
        self.lib = library()
        self.walked = set()  # (file, offset) of functions in this configuration's tree
        self.found = {}  # (file, start, end, text, form) -> Mutant
        self.left_out = set()  # (file, offset, reason)
        self.file = None
        self.text = ""

    def offset(self, location):
        handle, line, column, offset = c_void_p(), c_uint(), c_uint(), c_uint()
        self.lib.clang_getFileLocation(location, byref(handle), byref(line), byref(column),
                                       byref(offset))
        return offset.value

    def span(self, node):
        """libclang ends a node whose last token is a macro in a macro's argument where that macro
        begins; no other end stands right before a word."""
        end = self.offset(node.extent.end)
        word = re.compile(r"\w+").match(self.text, end)
        if word and not self.text[end - 1:end].isidentifier():
            end = word.end()
            if self.text[end:end + 1] == "(":
                end = closing(self.text, end)
        return self.offset(node.extent.start), end

    def add(self, start, end, text, form, at, what):
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        name = f"{self.file}:{line}:{column}:{what}"
        key = (self.file, start, end, text, form)
        self.found.setdefault(key, Mutant(*key, name))

    def leave_out(self, node, reason):
        self.left_out.add((self.file, self.offset(node.extent.start), reason))

    # What the tree holds.

    def unit(self, unit):
        for node in unit.cursor.get_children():
            path = node.location.file.name if node.location.file else None
            if path in self.texts and node.kind == Kind.FUNCTION_DECL and node.is_definition():
                self.file, self.text = path, self.texts[path]
                place = (path, self.offset(node.extent.start))
                if place in self.walked:
                    continue  # a header's, seen behind another file already
                self.walked.add(place)
                body = children(node)[-1]
                if self.text[self.offset(body.extent.start)] != "{":
                    self.leave_out(node, "function of a macro")
                    continue
                self.walk(body)
                self.statements(body, True, node.result_type.spelling == "void")

    def walk(self, node):
        if node.kind in CONSTANT:
            return
        if node.kind == Kind.VAR_DECL and node.storage_class == cindex.StorageClass.STATIC:
            self.leave_out(node, "static initializer")
            return
        kids = children(node)
        if node.kind in BINARY:
            self.binary(node, kids)
        elif node.kind == Kind.UNARY_OPERATOR:
            self.unary(node, kids)
        elif node.kind == Kind.MEMBER_REF_EXPR:
            self.member(node, kids)
        elif node.kind == Kind.CALL_EXPR:
            self.call(node, kids)
        self.condition(node, kids)
        for kid in kids:
            if kid.kind == Kind.INTEGER_LITERAL:
                self.constant(kid, node)
            elif not (node.kind == Kind.CASE_STMT and kid is kids[0]):
                self.walk(kid)

    def binary(self, node, kids):
        start, end = self.span(node)
        left, right = self.span(kids[0]), self.span(kids[1])
        between = self.text[left[1]:right[0]] if start <= left[0] < left[1] < right[0] else ""
        operator = re.sub(r"/\*.*?\*/|\s", "", between, flags=re.S)
        if operator == "=":
            return
        if operator not in TABLE:
            self.leave_out(node, "operator in a macro")
            return
        pointers = [k.type.get_canonical().kind == cindex.TypeKind.POINTER for k in kids]
        if operator == "-" and all(pointers):
            return
        at = left[1] + between.index(operator)
        for other in TABLE[operator]:
            text = self.text[start:at] + other + self.text[at + len(operator):end]
            self.add(start, end, text, "expr", at, f"{word_of(operator)}-{word_of(other)}")

    def unary(self, node, kids):
        start, end = self.span(node)
        inner = self.span(kids[0])
        front, behind = self.text[start:inner[0]].strip(), self.text[inner[1]:end].strip()
        if front in STEPS and not behind:
            self.add(start, end, STEPS[front] + self.text[inner[0]:end], "expr", start,
                     f"{WORDS[front]}-{WORDS[STEPS[front]]}")
        elif behind in STEPS and not front:
            self.add(start, end, self.text[start:inner[1]] + STEPS[behind], "expr", inner[1],
                     f"{WORDS[behind]}-{WORDS[STEPS[behind]]}")
        elif front in ("-", "~", "!") and not behind:
            text = self.text[inner[0]:end]
            if front == "!":
                text = f"({text}) != 0"
            name = {"-": "minus", "~": "not", "!": "lnot"}[front]
            self.add(start, end, text, "expr", start, f"drop-{name}")
        elif front not in ("*", "&"):
            self.leave_out(node, "operator in a macro")

    def constant(self, node, parent):
        start, end = self.span(node)
        text = self.text[start:end]
        if text in ("true", "false"):
            other = "false" if text == "true" else "true"
            self.add(start, end, other, "expr", start, f"{text}-{other}")
        elif parent.type.get_canonical().kind == cindex.TypeKind.POINTER:
            return
        elif NUMBER.match(text):
            self.add(start, end, f"({text} + 1)", "expr", start, "const-plus")
            self.add(start, end, f"({text} - 1)", "expr", start, "const-minus")
        else:
            self.leave_out(node, "constant of a macro")

    def member(self, node, kids):
        """The next field of the same type, in a ring."""
        field = node.referenced
        fields = [f for f in field.semantic_parent.type.get_fields()
                  if bare(f.type) == bare(field.type)]
        start, end = self.span(node)
        at = self.offset(node.location)
        if self.text[at:at + len(field.spelling)] != field.spelling or not kids:
            self.leave_out(node, "field in a macro")
            return
        if len(fields) < 2 or field.type.get_canonical().kind == cindex.TypeKind.CONSTANTARRAY:
            return
        names = [f.spelling for f in fields]
        other = names[(names.index(field.spelling) + 1) % len(names)]
        text = self.text[start:at] + other + self.text[at + len(field.spelling):end]
        arrow = "->" in self.text[self.span(kids[0])[1]:at]
        form = "lvalue" if arrow or kids[0].kind != Kind.CALL_EXPR else "expr"
        self.add(start, end, text, form, at, f"field-{other}")

    def call(self, node, kids):
        """Two neighbouring arguments of the same type."""
        arguments = list(node.get_arguments())
        function = kids[0].type.get_canonical().get_pointee() if kids else None
        if function is None or function.kind != cindex.TypeKind.FUNCTIONPROTO:
            return
        start, end = self.span(node)
        spans = [self.span(a) for a in arguments]
        callee = self.span(kids[0])
        order = [callee[1], *(x for s in spans for x in s)]
        if order != sorted(order) or not self.text[start:end].endswith(")"):
            self.leave_out(node, "call in a macro")
            return
        types = [bare(t) for t in function.argument_types()]
        for i in range(len(types) - 1):
            (a, b), (c, d) = spans[i], spans[i + 1]
            one, two = self.text[a:b], self.text[c:d]
            if types[i] != types[i + 1] or one == two:
                continue
            text = self.text[start:a] + two + self.text[b:c] + one + self.text[d:end]
            self.add(start, end, text, "expr", a, f"swap-{i + 1}-{i + 2}")

    # Conditions.

    def condition(self, node, kids):
        test = None
        if node.kind in (Kind.IF_STMT, Kind.WHILE_STMT, Kind.CONDITIONAL_OPERATOR):
            test = kids[0]
        elif node.kind == Kind.DO_STMT:
            test = kids[-1]
        elif node.kind == Kind.FOR_STMT:
            test = self.for_test(node, kids)
        if test is None:
            return
        start, end = self.span(test)
        text = self.text[start:end]
        if not balanced(text) or self.from_macro(node):
            self.leave_out(node, "condition in a macro")
        elif not self.is_relation(test):
            self.add(start, end, f"!({text})", "expr", start, "negate")

    def from_macro(self, node):
        """A macro's own statement or operator: nothing of it stands in this file."""
        start = self.offset(node.extent.start)
        words = {Kind.IF_STMT: "if", Kind.WHILE_STMT: "while", Kind.DO_STMT: "do",
                 Kind.FOR_STMT: "for"}
        if node.kind in words:
            return not self.text.startswith(words[node.kind], start)
        first, second = (self.span(kid) for kid in children(node)[:2])
        return self.text[first[1]:second[0]].strip() != "?"

    def is_relation(self, test):
        """Relations, negations and bare constants are turned by operators of their own."""
        while True:
            start, end = self.span(test)
            kids = children(test)
            if test.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR) and len(kids) == 1:
                test = kids[0]
            elif LIKELY.match(self.text[start:end]) and kids:
                test = kids[1] if test.kind == Kind.CALL_EXPR else kids[0]
            elif test.kind == Kind.BINARY_OPERATOR:
                left, right = self.span(kids[0]), self.span(kids[1])
                return self.text[left[1]:right[0]].strip() in RELATIONS
            else:
                return test.kind == Kind.UNARY_OPERATOR and self.text[start] == "!"

    def for_test(self, node, kids):
        start = self.offset(node.extent.start)
        body = self.span(kids[-1])[0]
        depth, marks = 0, []
        for at in range(start, body):
            depth += (self.text[at] == "(") - (self.text[at] == ")")
            if self.text[at] == ";" and depth == 1:
                marks.append(at)
        if len(marks) != 2:
            return None
        inside = [k for k in kids if marks[0] < self.span(k)[0] < marks[1]]
        return inside[0] if inside else None

    # Statements.

    def statements(self, node, tail, void):
        """tail: behind node the function ends, so that a result must have been returned here."""
        kids = children(node)
        if node.kind == Kind.COMPOUND_STMT:
            for kid in kids:
                self.statement(kid, tail and kid is kids[-1], void)
        elif node.kind == Kind.IF_STMT:
            for kid in kids[1:]:
                self.statement(kid, tail, void)
        elif node.kind in LOOPS:
            body = kids[0] if node.kind == Kind.DO_STMT else kids[-1]
            self.statement(body, False, void)
        elif node.kind in (Kind.CASE_STMT, Kind.DEFAULT_STMT):
            self.statement(kids[-1], tail, void)

    def statement(self, node, tail, void):
        if node.kind not in EXPRESSIONS and node.kind not in JUMPS:
            self.statements(node, tail, void)
            return
        if node.kind == Kind.RETURN_STMT and tail and not void:
            return  # would not compile: -Wreturn-type
        if self.does_nothing(node):
            return
        start, end = self.span(node)
        rest = re.compile(r"\s*;").match(self.text, end)
        if rest is None or not balanced(self.text[start:end]):
            self.leave_out(node, "statement of a macro")
            return
        self.add(start, rest.end(), "{ }", "stmt", start, "delete")

    @staticmethod
    def does_nothing(node):
        """(void)x, which only says that x is not used."""
        kids = children(node)
        if node.kind != Kind.CSTYLE_CAST_EXPR or node.type.spelling != "void":
            return False
        inner = kids[-1]
        while inner.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR) and children(inner):
            inner = children(inner)[0]
        return inner.kind == Kind.DECL_REF_EXPR


def find(root, texts, sources, configurations, system_include):
    """texts: path -> str, relative to lib/src. Returns (mutants in order, what was left out)."""
    folder = str(root / "lib/src") + "/"
    finder = Finder({folder + path: text for path, text in texts.items()})
    index = cindex.Index.create()
    for defines in configurations:
        arguments = ["-std=gnu11", f"-I{root}/lib/include", f"-I{folder}",
                     f"-I{system_include}", *(f"-D{d}" for d in defines)]
        finder.walked = set()
        for source in sources:
            unit = index.parse(folder + source, args=arguments)
            bad = [str(d) for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
            if bad:
                raise ValueError(bad[0])
            finder.unit(unit)
    order = sorted(finder.found.values(), key=lambda m: (m.file, m.start, m.end, m.id))
    mutants = [m._replace(file=m.file[len(folder):], id=m.id[len(folder):]) for m in order]
    return mutants, Counter(reason for _, _, reason in finder.left_out)
