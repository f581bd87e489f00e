#!/bin/sh
# Builds the guests: every one, or those that are named.
#
#   testdata/guests/build.sh                 # all
#   testdata/guests/build.sh echo plugin     # two of them
#
# The built components are kept beside their sources, so nobody needs this to
# run the tests; but those in JavaScript hold an engine each, are too big for
# that, and are built by their names alone. To build one you need
#
#   wasm-tools 1.263    cargo install wasm-tools --version 1.263.0
#   and for a guest in Rust
#     cargo and rustc   rustup target add wasm32-unknown-unknown
#   and for a guest in C
#     clang and lld     apt install clang lld, version 14 or later
#     wit-bindgen 0.63  cargo install wit-bindgen-cli --version 0.63.0
#   and for those in AssemblyScript
#     npx               with Node.js; it brings asc 0.28
#   and for those in JavaScript
#     npx               with Node.js; it brings jco 1.34, componentize-js 0.23
#   and for the one in Python
#     componentize-py   pip install componentize-py==0.25.1
#
# Where no wasm32 library for Rust can be had, Debian's packages rustc-web,
# cargo-web, rust-web-src and lld build it from its source:
#
#   CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
#   CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/bin/wasm-ld \
#   RUSTFLAGS=-Clinker-flavor=wasm-ld \
#   CARGO_FLAGS=-Zbuild-std=std,panic_abort testdata/guests/build.sh
#
# WASM_TOOLS, WIT_BINDGEN, CLANG, ASC, JCO, GO, CARGO and CARGO_FLAGS name the tools;
# SCRATCH is where they may put what they make on the way.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
system=$root/wit/packages
libc=$root/templates/guest-c/libc

WASM_TOOLS=${WASM_TOOLS:-wasm-tools}
WIT_BINDGEN=${WIT_BINDGEN:-wit-bindgen}
CLANG=${CLANG:-clang}
ASC=${ASC:-npx --yes --package assemblyscript@0.28 asc}
JCO=${JCO:-npx --yes --package @bytecodealliance/jco@1.34.0 --package @bytecodealliance/componentize-js@0.23.0 jco}
COMPONENTIZE_PY=${COMPONENTIZE_PY:-componentize-py}
CARGO=${CARGO:-cargo}
GO=${GO:-go}
CARGO_FLAGS=${CARGO_FLAGS:-}
SCRATCH=${SCRATCH:-$here/target}
mkdir -p "$SCRATCH"

# check COMPONENT: looks at what was built.
check() {
	$WASM_TOOLS validate --features cm-map,cm-fixed-length-lists "$1"
	printf '%8d  %s\n' "$(wc -c <"$1")" "${1#"$root"/}"
}

# finish CORE OUT: makes a component of a core module that carries its world.
finish() {
	$WASM_TOOLS component new "$1" -o "$2"
	check "$2"
}

# embed NAME WORLD: gives $SCRATCH/core.wasm its world and finishes it.
embed() {
	$WASM_TOOLS component embed "$here/$1/wit" --world "$2" "$SCRATCH/core.wasm" -o "$SCRATCH/embedded.wasm"
	finish "$SCRATCH/embedded.wasm" "$here/$1/$1.wasm"
}

# core C_FILES...: compiles and links C to $SCRATCH/core.wasm. Function names
# stay, so that stack traces show them.
core() {
	$CLANG --target=wasm32-unknown-unknown -std=c11 -Os -Wall -Wextra -Werror \
		-mbulk-memory -msign-ext -mnontrapping-fptoint -nostdlib \
		-isystem "$libc" -Wl,--no-entry -Wl,--strip-debug -Wl,-z,stack-size=16384 \
		"$@" -o "$SCRATCH/core.wasm"
}

# c NAME WIT WORLD [FILE]: a guest in C with bindings that wit-bindgen makes.
c() {
	bindings=$SCRATCH/$1-bindings
	$WIT_BINDGEN c "$2" --world "$3" --out-dir "$bindings" 2>"$SCRATCH/bindings.log" ||
		{ cat "$SCRATCH/bindings.log" >&2 && exit 1; }
	snake=$(echo "$3" | tr - _)
	core -I "$bindings" -Wno-unused-parameter "$here/$1/${4:-$1}.c" "$libc/libc.c" \
		"$bindings/$snake.c" "$bindings/${snake}_component_type.o"
	finish "$SCRATCH/core.wasm" "$here/$1/$1.wasm"
}

# plain NAME WORLD C_FILE: a guest in C that spells its bindings out.
plain() {
	core "$3"
	embed "$1" "$2"
}

# assemblyscript NAME WORLD: a guest in AssemblyScript, bindings spelt out.
assemblyscript() {
	(cd "$here/$1" && $ASC "$1.ts" --optimizeLevel 3 --shrinkLevel 2 --debug --runtime minimal \
		--use abort= --outFile "$SCRATCH/core.wasm")
	embed "$1" "$2"
}

# actor CORE NAME: makes a component of airssys:core/airssys-component of a core
# module that spells its bindings out.
actor() {
	$WASM_TOOLS component embed "$system/airssys-core" --world airssys-component "$1" -o "$SCRATCH/embedded.wasm"
	finish "$SCRATCH/embedded.wasm" "$here/$2/$2.wasm"
}

# javascript NAME WIT WORLD: a guest in JavaScript, with the engine that runs it.
javascript() {
	$JCO componentize "$here/$1/$1.js" --wit "$2" --world-name "$3" --disable all -o "$here/$1/$1.wasm" >"$SCRATCH/jco.log" 2>&1 ||
		{ cat "$SCRATCH/jco.log" >&2 && exit 1; }
	check "$here/$1/$1.wasm"
}

# wasi_world NAME ITEMS: puts a world of these items into $SCRATCH/NAME-wit, with
# WASI beside it.
wasi_world() {
	rm -rf "$SCRATCH/$1-wit"
	mkdir -p "$SCRATCH/$1-wit"
	cp -R "$system/wasi/deps" "$SCRATCH/$1-wit/deps"
	printf 'package demo:%s;\nworld %s { %s }\n' "$1" "$1" "$2" >"$SCRATCH/$1-wit/world.wit"
}

# compose NAME FILE: puts the component NAME, which exports what that in FILE
# imports, and that one into one.
compose() {
	mv "$here/$1/$1.wasm" "$SCRATCH/provider.wasm"
	$WASM_TOOLS compose "$2" -d "$SCRATCH/provider.wasm" -o "$here/$1/$1.wasm" 2>"$SCRATCH/compose.log" ||
		{ cat "$SCRATCH/compose.log" >&2 && exit 1; }
	check "$here/$1/$1.wasm"
}

# text NAME: a component that is written down as it is.
text() {
	$WASM_TOOLS parse "$here/$1/$1.wat" -o "$here/$1/$1.wasm"
	check "$here/$1/$1.wasm"
}

# rust_flags: the caller's flags, and others that keep the names of this
# machine's folders out of panic messages.
rust_flags() {
	printf '%s' "${RUSTFLAGS:-}"
	printf ' --remap-path-prefix=%s/lib/rustlib/src/rust=rust' "$(${RUSTC:-rustc} --print sysroot)"
	for crates in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
		printf ' --remap-path-prefix=%s=crates' "$crates"
	done
}

# crate NAME FOLDER: compiles a crate to $SCRATCH/core.wasm.
crate() {
	# shellcheck disable=SC2086 # CARGO_FLAGS is a list
	(cd "$2" && RUSTFLAGS='' $CARGO fetch --quiet --locked &&
		CARGO_TARGET_DIR="$SCRATCH" RUSTFLAGS="$(rust_flags)" $CARGO build --quiet --locked --release \
			--target wasm32-unknown-unknown $CARGO_FLAGS)
	cp "$SCRATCH/wasm32-unknown-unknown/release/$(echo "$1" | tr - _).wasm" "$SCRATCH/core.wasm"
}

# rust NAME FOLDER OUT: a guest in Rust; wit-bindgen is one of its crates.
rust() {
	crate "$1" "$2"
	finish "$SCRATCH/core.wasm" "$3"
}

# program NAME: a program in Rust for wasi:cli/run. ADAPTER is wasmtime's
# wasi_snapshot_preview1.command.wasm; RUSTFLAGS may name another wasi-libc.
program() {
	(cd "$here/$1" && $CARGO build --release --target wasm32-wasip1 --target-dir "$SCRATCH" $CARGO_FLAGS)
	$WASM_TOOLS component new "$SCRATCH/wasm32-wasip1/release/$1.wasm" \
		--adapt "wasi_snapshot_preview1=${ADAPTER:?where is the adapter}" -o "$here/$1/$1.wasm"
	check "$here/$1/$1.wasm"
}

# golang NAME: a program in Go for wasi:cli/run. How it gets room for the
# adapter is said in the template for guests in Go.
golang() {
	template=$root/templates/guest-go
	rm -rf "$SCRATCH/$1" && mkdir -p "$SCRATCH/$1/room"
	cp "$here/$1/go.mod" "$here/$1/main.go" "$SCRATCH/$1"
	cp "$template/room.go.tmpl" "$SCRATCH/$1/room.go"
	cp "$template/room/main.go.tmpl" "$SCRATCH/$1/room/main.go"
	(cd "$SCRATCH/$1" && GOOS=wasip1 GOARCH=wasm $GO build -trimpath -ldflags='-s -w' -o core.wasm . && $GO run ./room core.wasm furnished.wasm)
	$WASM_TOOLS component new "$SCRATCH/$1/furnished.wasm" \
		--adapt "wasi_snapshot_preview1=${ADAPTER:?where is the adapter}" -o "$here/$1/$1.wasm"
	check "$here/$1/$1.wasm"
}

# example NAME [AS]: puts a copy beside the manifest of the example.
example() { cp "$here/$1/$1.wasm" "$root/examples/orders/${2:-$1}/${2:-$1}.wasm"; }

build() {
	case $1 in
	echo) rust echo "$here/echo" "$here/echo/echo.wasm" ;;
	vault) rust vault "$here/vault" "$here/vault/vault.wasm" ;;
	atlas) rust atlas "$here/atlas" "$here/atlas/atlas.wasm" ;;
	intake)
		rust intake "$here/intake" "$here/intake/intake.wasm"
		example intake
		;;
	handyman) rust handyman "$here/handyman" "$here/handyman/handyman.wasm" ;;
	deputy) rust deputy "$here/deputy" "$here/deputy/deputy.wasm" ;;
	prober)
		rust prober "$here/prober" "$here/prober/prober.wasm"
		for name in asker worker; do
			cp "$here/prober/prober.wasm" "$root/examples/actors/requests/$name/$name.wasm"
		done
		;;
	surveyor) rust surveyor "$here/surveyor" "$here/surveyor/surveyor.wasm" ;;
	plugin) rust plugin "$root/examples/quickstart/guest" "$root/examples/quickstart/plugin.wasm" ;;
	script) (here=$root/examples/server && c script "$here/wit" tenant) ;;
	rust-kit)
		crate rust-kit "$here/rust-kit"
		embed rust-kit guest
		;;
	echo-c) c echo-c "$here/echo-c/wit" echo-c ;;
	vault-c) c vault-c "$here/vault/wit" vault ;;
	echo-js) javascript echo-js "$here/echo/wit" echo ;;
	vault-js) javascript vault-js "$here/vault/wit" vault ;;
	wild) actor "$here/wild/wild.wat" wild ;;
	feed)
		mkdir -p "$SCRATCH/feed-wit/deps"
		cp "$here/feed/wit/feed.wit" "$SCRATCH/feed-wit"
		cp -R "$system/airssys-core" "$system/airssys-topics" "$SCRATCH/feed-wit/deps"
		c feed "$SCRATCH/feed-wit" feed
		for name in archive mail press; do
			cp "$here/feed/feed.wasm" "$root/examples/topics/$name/$name.wasm"
		done
		;;
	scribe)
		mkdir -p "$SCRATCH/scribe-wit/deps"
		cp "$here/scribe/wit/scribe.wit" "$SCRATCH/scribe-wit"
		cp -R "$system/airssys-core" "$system"/wasi/deps/* "$SCRATCH/scribe-wit/deps"
		c scribe "$SCRATCH/scribe-wit" scribe
		;;
	outlaw)
		mkdir -p "$SCRATCH/outlaw-wit/deps"
		cp "$here/outlaw/wit/outlaw.wit" "$SCRATCH/outlaw-wit"
		cp -R "$system/airssys-core" "$system"/wasi/deps/* "$SCRATCH/outlaw-wit/deps"
		c outlaw "$SCRATCH/outlaw-wit" outlaw
		;;
	lender)
		mkdir -p "$SCRATCH/lender-wit/deps"
		cp "$here/lender/wit/lender.wit" "$SCRATCH/lender-wit"
		cp -R "$system/airssys-core" "$system"/wasi/deps/* "$SCRATCH/lender-wit/deps"
		c lender "$SCRATCH/lender-wit" lender
		mv "$here/lender/lender.wasm" "$SCRATCH/consumer.wasm"
		c lender "$SCRATCH/lender-wit" keeps keeper
		compose lender "$SCRATCH/consumer.wasm"
		;;
	ledger)
		c ledger "$system/airssys-core" airssys-component
		cp "$here/ledger/ledger.wasm" "$root/examples/actors/restarts/ledger.wasm"
		;;
	bookkeeper)
		c bookkeeper "$system/airssys-runtime-host" runtime-host
		example bookkeeper ledger
		cp "$here/bookkeeper/bookkeeper.wasm" "$root/examples/actors/stateful/ledger/ledger.wasm"
		;;
	pricing)
		(cd "$here/pricing" && $ASC pricing.ts --optimizeLevel 3 --shrinkLevel 2 --debug --runtime minimal \
			--use abort= --outFile "$SCRATCH/core.wasm")
		# AssemblyScript exports names that it can write; the world's are others.
		$WASM_TOOLS print "$SCRATCH/core.wasm" |
			sed -E '/\(export "(init|execute|metadata|health|shutdown|handle_[a-z]+)"/ { s/handle_/handle-/; s/export "/&airssys:core\/component-lifecycle@1.0.0#/; }' |
			$WASM_TOOLS parse -o "$SCRATCH/renamed.wasm" -
		actor "$SCRATCH/renamed.wasm" pricing
		example pricing
		;;
	notifier)
		actor "$here/notifier/notifier.wat" notifier
		example notifier
		;;
	counter)
		c counter "$system/airssys-core" airssys-component
		cp "$here/counter/counter.wasm" "$root/examples/actors/basic/counter/counter.wasm"
		;;
	turnstile)
		c turnstile "$system/airssys-runtime-host" runtime-host
		;;
	tally) c tally "$here/tally/wit" tally ;;
	scalars) c scalars "$here/scalars/wit" scalars ;;
	runaway) plain runaway runaway "$here/runaway/runaway.c" ;;
	hostile-rust)
		crate hostile-rust "$here/hostile-rust"
		embed hostile-rust hostile
		;;
	hostile-c)
		core -mreference-types -Wl,-z,stack-size=1048576 "$libc/libc.c" "$here/hostile-c/hostile-c.c" "$here/hostile-c/table.s"
		embed hostile-c hostile-c
		;;
	atlas-c) plain atlas-c atlas-c "$here/atlas-c/atlas-c.c" ;;
	c-kit) plain c-kit guest "$here/c-kit/c-kit.c" ;;
	as-greet) assemblyscript as-greet guest ;;
	wat-min) text wat-min ;;
	composed)
		plain composed provider "$here/composed/composed.c"
		compose composed "$here/scalars/scalars.wasm"
		;;
	fetch-js)
		wasi_world fetch-js 'import wasi:cli/environment@0.2.12; export wasi:cli/run@0.2.12;'
		$JCO componentize "$here/fetch-js/fetch-js.js" --wit "$SCRATCH/fetch-js-wit" --world-name fetch-js \
			-o "$here/fetch-js/fetch-js.wasm" >"$SCRATCH/jco.log" 2>&1 || { cat "$SCRATCH/jco.log" >&2 && exit 1; }
		check "$here/fetch-js/fetch-js.wasm"
		;;
	py-files)
		wasi_world py-files 'include wasi:cli/imports@0.2.12; export wasi:cli/run@0.2.12;'
		(cd "$here/py-files" && $COMPONENTIZE_PY -d "$SCRATCH/py-files-wit" -w py-files componentize app -o py-files.wasm)
		check "$here/py-files/py-files.wasm"
		;;
	rust-http) rust rust-http "$here/rust-http" "$here/rust-http/rust-http.wasm" ;;
	rust-net) rust rust-net "$here/rust-net" "$here/rust-net/rust-net.wasm" ;;
	rust-files) program rust-files ;;
	go-files) golang go-files ;;
	*)
		echo "build.sh: there is no guest called $1" >&2
		exit 2
		;;
	esac
}

[ $# -gt 0 ] || set -- echo vault atlas intake prober surveyor handyman deputy scribe outlaw lender plugin rust-kit echo-c vault-c atlas-c ledger bookkeeper pricing notifier counter turnstile scalars tally runaway hostile-rust hostile-c c-kit feed script as-greet wat-min composed wild
for guest; do
	build "$guest"
done
