#!/bin/sh
# Builds work.wasm, whose SHA-256 the benchmark is held to (clang 14 and later give other bytes).
set -eu
cd "$(dirname "$0")"
clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-all work.c -o work.wasm
sha256sum work.wasm
