// Package signature holds Ed25519 signatures of components: the keys, and the custom section that signatures stand in, as the WebAssembly tool
// conventions define it (WebAssembly/tool-conventions, Signatures.md). It knows nothing of who is trusted; package trust does.
//
// The section "signature" is the first one of a component. It holds hashes of all that follows, and one signature or more over these:
//
//	preamble │ signature │ sections … │ [signature_delimiter] │ sections … │ [signature_delimiter]
//	                      └─────────────── h1 ───────────────┘
//	                      └──────────────────────────────── h2 ───────────────────────────────────┘
//
// Only signatures of the whole component count here: those whose hashes are all hashes that the file has, its last one included. A signature of the
// first parts alone says nothing of the rest, and is passed over as the conventions say.
//
// The conventions' tables and wasmsign2, the implementation by their author, write the section in two ways: wasmsign2 puts the length before each set
// of hashes and before each signature. What is written here is wasmsign2's form, which is the one that is in use; both are read.
package signature
