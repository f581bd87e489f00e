"""Writes oracle.jsonl: random types and values with their layout and their
lowered form, as the specification's own definitions.py computes them.

    python3 oracle.py <folder of definitions.py> > oracle.jsonl
"""

import json
import random
import struct
import sys

sys.path.insert(0, sys.argv[1])
import definitions as d

rng = random.Random(1)
PRIMS = {
    "bool": d.BoolType, "s8": d.S8Type, "u8": d.U8Type, "s16": d.S16Type, "u16": d.U16Type,
    "s32": d.S32Type, "u32": d.U32Type, "s64": d.S64Type, "u64": d.U64Type,
    "f32": d.F32Type, "f64": d.F64Type, "char": d.CharType, "string": d.StringType,
}
MEMORY = 1 << 16
CHARS = ["a", "\0", "é", "ÿ", "Ā", "世", "\U0001f600", "\U0010ffff", "\ue000"]


class Context(d.LiftLowerContext):
    """Allocates upwards and never frees."""

    def __init__(self):
        opts = d.LiftLowerOptions()
        opts.memory = d.MemInst(bytearray(MEMORY), "i32")
        super().__init__(opts, None)
        self.top = 0

    def reallocate(self, old, old_size, align, size):
        ptr = d.align_to(self.top, align)
        self.top = ptr + size
        d.trap_if(self.top > MEMORY)
        return ptr


def kind(depth):
    if depth == 0 or rng.random() < 0.35:
        return rng.choice(list(PRIMS))
    return rng.choice(["list", "fixed", "map", "record", "tuple", "variant", "enum", "option", "result", "flags"])


def make(depth):
    """A type as JSON has it, and as the specification has it."""
    k = kind(depth)
    if k in PRIMS:
        return k, PRIMS[k]()
    n = rng.choice([1, 1, 2, 3, 4, 6])
    optional = lambda: make(depth - 1) if rng.random() < 0.7 else (None, None)
    match k:
        case "list":
            j, t = make(depth - 1)
            return [k, j], d.ListType(t)
        case "fixed":
            j, t = make(depth - 1)
            return [k, n, j], d.ListType(t, n)
        case "map":
            j, t = make(0)
            j2, u = make(depth - 1)
            return [k, j, j2], d.MapType(t, u)
        case "record":
            ts = [make(depth - 1) for _ in range(n)]
            return [k] + [j for j, _ in ts], d.RecordType([d.FieldType(f"f{i}", t) for i, (_, t) in enumerate(ts)])
        case "tuple":
            ts = [make(depth - 1) for _ in range(n)]
            return [k] + [j for j, _ in ts], d.TupleType([t for _, t in ts])
        case "variant":
            ts = [optional() for _ in range(n)]
            return [k] + [j for j, _ in ts], d.VariantType([d.CaseType(f"c{i}", t) for i, (_, t) in enumerate(ts)])
        case "enum":
            n = rng.choice([1, 2, 3, 255, 256, 257, 300])
            return [k, n], d.EnumType([f"c{i}" for i in range(n)])
        case "option":
            j, t = make(depth - 1)
            return [k, j], d.OptionType(t)
        case "result":
            (j, t), (k2, u) = optional(), optional()
            return [k, j, k2], d.ResultType(t, u)
        case "flags":
            n = rng.choice([1, 7, 8, 9, 15, 16, 17, 31, 32])
            return [k, n], d.FlagsType([f"l{i}" for i in range(n)])


def number(bits, signed):
    v = rng.choice([0, 1, (1 << bits) - 1, 1 << (bits - 1), rng.getrandbits(bits)])
    return v - (1 << bits) if signed and v >> (bits - 1) else v


def value(t):
    """A value as JSON has it, and as the specification has it."""
    match t:
        case d.BoolType():
            v = rng.random() < 0.5
            return v, v
        case d.F32Type():
            b = rng.choice([0, 0x80000000, 0x7F800000, 0x3F800000, 1, rng.getrandbits(31) % 0x7F800000])
            return b, struct.unpack("<f", struct.pack("<I", b))[0]
        case d.F64Type():
            b = rng.choice([0, 1 << 63, 0x7FF0000000000000, 1, rng.getrandbits(63) % 0x7FF0000000000000])
            return b, struct.unpack("<d", struct.pack("<Q", b))[0]
        case d.CharType():
            c = rng.choice(CHARS)
            return ord(c), c
        case d.StringType():
            s = "".join(rng.choice(CHARS) for _ in range(rng.choice([0, 1, 2, 5])))
            return s, (s, "utf8", len(s.encode()))
        case d.ListType(e, None):
            vs = [value(e) for _ in range(rng.choice([0, 0, 1, 2, 3]))]
            return [j for j, _ in vs], [v for _, v in vs]
        case d.ListType(e, n):
            vs = [value(e) for _ in range(n)]
            return [j for j, _ in vs], [v for _, v in vs]
        case d.RecordType(fields):
            vs = [value(f.t) for f in fields]
            return [j for j, _ in vs], {f.label: v for f, (_, v) in zip(fields, vs)}
        case d.VariantType(cases):
            i = rng.randrange(len(cases))
            j, v = (None, None) if cases[i].t is None else value(cases[i].t)
            return [i, j], {cases[i].label: v}
        case d.FlagsType(labels):
            bits = rng.choice([0, (1 << len(labels)) - 1, rng.getrandbits(len(labels))])
            return bits, {l: bool(bits >> i & 1) for i, l in enumerate(labels)}
    for name, prim in PRIMS.items():
        if type(t) is prim:
            v = number(int(name[1:]), name[0] == "s")
            return v, v
    return value(d.despecialize(t))


def bits(v, flat):
    match flat:
        case "f32":
            return struct.unpack("<I", struct.pack("<f", v))[0]
        case "f64":
            return struct.unpack("<Q", struct.pack("<d", v))[0]
    return v


def main():
    opts = Context().opts
    for i in range(600):
        j, t = make(rng.choice([0, 1, 2, 2, 3]))
        if len(json.dumps(j)) > 300:
            continue
        flat = d.flatten_type(t, opts)
        jv, v = value(t)
        lowered, stored = Context(), Context()
        stack = d.lower_flat(lowered, v, t)
        size, align = d.elem_size(t, "i32"), d.alignment(t, "i32")
        at = stored.reallocate(0, 0, align, size)
        d.store(stored, v, t, at)
        print(json.dumps({
            "type": j, "size": size, "align": align, "flat": flat, "value": jv,
            "stack": [bits(v, f) for v, f in zip(stack, flat)],
            "lowered": bytes(lowered.opts.memory.bytes[:lowered.top]).hex(),
            "stored": bytes(stored.opts.memory.bytes[:stored.top]).hex(),
        }, ensure_ascii=False, separators=(",", ":")))


main()
