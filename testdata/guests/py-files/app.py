# A program that does what its variable DO says, by Python's standard library
# alone.

import os
import random
import sys
import time

from wit_world import exports


class Run(exports.Run):
    def run(self) -> None:
        what, _, rest = os.environ["DO"].partition(" ")
        if what == "hello":
            print("hello", rest)
        elif what == "fail":
            print("no", file=sys.stderr)
            sys.exit(3)
        elif what == "write":
            path, _, text = rest.partition(" ")
            with open(path, "w") as f:
                f.write(text)
            print(os.listdir(os.path.dirname(path)))
        elif what == "read":
            try:
                with open(rest) as f:
                    print(f.read())
            except OSError as e:
                print("error:", e.strerror)
        elif what == "clock":
            print(time.time() > 1_700_000_000, time.monotonic() > 0, 0 <= random.random() < 1)
        elif what == "echo":
            for line in sys.stdin:
                print(line.strip()[::-1])
