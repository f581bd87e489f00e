#!/bin/sh
# Builds the modules that the meter is measured by: work.wasm and image.wasm from
# C, text.wasm from Rust. The benchmark is held to their SHA-256; they were made
# with clang 14 and rustc 1.96, others give other bytes. CARGO, RUSTC and
# CARGO_FLAGS are as in testdata/guests/build.sh; TARGET_DIR is cargo's.
set -eu
cd "$(dirname "$0")"
c() {
	clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-all "$@"
}
c work.c -o work.wasm
c -mbulk-memory image.c -o image.wasm
TARGET_DIR=${TARGET_DIR:-$PWD/text/target}
# shellcheck disable=SC2086 # CARGO_FLAGS is a list
(cd text && ${CARGO:-cargo} build --quiet --locked --release --target wasm32-unknown-unknown --target-dir "$TARGET_DIR" ${CARGO_FLAGS:-})
cp "$TARGET_DIR/wasm32-unknown-unknown/release/text.wasm" text.wasm
sha256sum work.wasm image.wasm text.wasm
