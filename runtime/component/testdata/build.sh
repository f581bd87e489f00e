#!/bin/sh
# Builds the components of this folder from their text: each .wat beside it, the
# scripts of spec/ into a folder each, and the hexadecimal lines of bad.txt, whose
# components are not valid. It needs wasm-tools 1.263 (cargo install wasm-tools
# --version 1.263.0).
set -eu
cd "$(dirname "$0")"

for wat in *.wat; do
	wasm-tools parse "$wat" -o "${wat%.wat}.wasm"
	wasm-tools validate --features all "${wat%.wat}.wasm"
done

(
	cd spec
	for wast in *.wast; do
		name=${wast%.wast}
		rm -rf "$name"
		mkdir "$name"
		wasm-tools json-from-wast "$wast" -o "$name/$name.json" --wasm-dir "$name"
	done
)

# A case of bad.txt is a name, the text, the bytes, the error, and an empty line.
while IFS= read -r name && IFS= read -r wat && IFS= read -r _ && IFS= read -r error && IFS= read -r _; do
	printf '%s\n%s\n' "$name" "$wat"
	printf '%s' "$wat" | wasm-tools parse - | od -An -v -tx1 | tr -d ' \n'
	printf '\n%s\n\n' "$error"
done <bad.txt >bad.new
mv bad.new bad.txt
