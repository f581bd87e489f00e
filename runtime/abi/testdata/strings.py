"""Writes strings.jsonl: strings on their way from one component instance into
another, in every pair of encodings, as the specification's own definitions.py
moves them: which calls of realloc the receiver sees, and what its memory holds
afterwards.

    python3 strings.py <folder of definitions.py> > strings.jsonl
"""

import json
import random
import sys

sys.path.insert(0, sys.argv[1])
import definitions as d

rng = random.Random(1)
TAG = 1 << 31
MEMORY = 1 << 12
ENCODINGS = ["utf8", "utf16", "latin1+utf16"]
ALPHABETS = ["a", "aé", "éÿ\x80", "aĀ", "aéĀ世", "世\uffff", "😀", "aé世😀\U0010ffff", "\0"]


class Context(d.LiftLowerContext):
    """Allocates upwards, never frees, copies, and remembers its calls."""

    def __init__(self, encoding):
        opts = d.LiftLowerOptions()
        opts.memory = d.MemInst(bytearray(MEMORY), "i32")
        opts.string_encoding = encoding
        super().__init__(opts, None)
        self.top, self.calls = 1, []

    def reallocate(self, old, old_size, align, size):
        ptr = d.align_to(self.top, align)
        self.top = ptr + size
        d.trap_if(self.top > MEMORY)
        n = min(old_size, size)
        self.opts.memory.bytes[ptr : ptr + n] = self.opts.memory.bytes[old : old + n]
        self.calls.append([old, old_size, align, size])
        return ptr


def source(s, encoding):
    """The string as it may lie in the sender's memory: bytes and code units."""
    match encoding:
        case "utf8":
            b = s.encode()
            return b, len(b)
        case "latin1+utf16" if rng.random() < 0.6 and all(ord(c) < 256 for c in s):
            return s.encode("latin-1"), len(s)
    b = s.encode("utf-16-le")
    return b, len(b) // 2 | (TAG if encoding == "latin1+utf16" else 0)


def main():
    for alphabet in ALPHABETS:
        for n in [0, 1, 2, 3, 7, 20]:
            s = "".join(rng.choice(alphabet) for _ in range(n))
            for src in ENCODINGS:
                for dst in ENCODINGS:
                    b, units = source(s, src)
                    sender, receiver = Context(src), Context(dst)
                    sender.opts.memory.bytes[0 : len(b)] = b
                    v = d.load_string_from_range(sender, 0, units)
                    ptr, tagged = d.store_string_into_range(receiver, v)
                    print(json.dumps({
                        "text": s, "from": src, "to": dst, "sent": b.hex(), "units": units, "calls": receiver.calls,
                        "ptr": ptr, "tagged": tagged, "memory": bytes(receiver.opts.memory.bytes[:receiver.top]).hex(),
                    }, ensure_ascii=False, separators=(",", ":")))


main()
