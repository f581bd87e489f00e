package component

import (
	"encoding/binary"
	"fmt"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// A core function that the canonical ABI made may be lifted again, be a
// destructor or an option, like any other. The host calls core functions of
// instances only, so such a one is called through a module made for it: its one
// function passes its parameters on.

// called is the item as a function that the host can call.
func (r *resolver) called(item coreItem, offset int, section string) (coreItem, error) {
	if item.low == nil {
		return item, nil
	}
	if made, ok := r.forwarders[item.low]; ok {
		return made, nil
	}
	if err := r.count(offset, section); err != nil {
		return coreItem{}, err
	}
	wasm := forwarder(item.low.sig)
	module, err := corewasm.Decode(wasm)
	if err != nil {
		return coreItem{}, fmt.Errorf("component: the module that forwards a function: %w", err)
	}
	in := &coreInst{
		index:  len(r.insts),
		module: &coreModule{index: r.hiddenIndex(), offset: offset, bytes: wasm, module: module},
		args:   map[string]*coreInst{"": {index: -1, items: map[string]coreItem{"": item}}},
	}
	in.trace()
	r.insts = append(r.insts, in)
	if r.forwarders == nil {
		r.forwarders = map[*lowered]coreItem{}
	}
	made := in.items[""]
	r.forwarders[item.low] = made
	return made, nil
}

// forwarder is a module that exports under no name what calls the function that
// it imports under none.
func forwarder(sig corewasm.FuncType) []byte {
	var w wasmWriter
	w.section(1, append([]byte{1}, funcTypeBytes(sig)...)...)
	w.section(2, 1, 0, 0, 0, 0) // import "" "", function of type 0
	w.section(3, 1, 0)
	w.section(7, 1, 0, 0, 1) // export "", function 1
	w.code(append([]byte{0}, pass(sig, byte(corewasm.OpCall), 0)...))
	return w.bytes()
}

// pass is code that puts the parameters on the stack and then does what follows.
func pass(sig corewasm.FuncType, then ...byte) []byte {
	var code []byte
	for i := range sig.Params {
		code = binary.AppendUvarint(append(code, byte(corewasm.OpLocalGet)), uint64(i))
	}
	return append(code, then...)
}

// A wasmWriter writes the modules that the host makes.
type wasmWriter []byte

func (w *wasmWriter) bytes() []byte { return append([]byte("\x00asm\x01\x00\x00\x00"), *w...) }

func (w *wasmWriter) section(id byte, body ...byte) {
	*w = append(binary.AppendUvarint(append(*w, id), uint64(len(body))), body...)
}

// code writes the code section: bodies with their locals, without their ends.
func (w *wasmWriter) code(bodies ...[]byte) {
	all := []byte{byte(len(bodies))}
	for _, b := range bodies {
		all = binary.AppendUvarint(all, uint64(len(b)+1))
		all = append(append(all, b...), byte(corewasm.OpEnd))
	}
	w.section(10, all...)
}

func funcTypeBytes(sig corewasm.FuncType) []byte {
	types := func(to []byte, ts []corewasm.ValType) []byte {
		to = binary.AppendUvarint(to, uint64(len(ts)))
		for _, t := range ts {
			to = append(to, byte(t))
		}
		return to
	}
	return types(types([]byte{0x60}, sig.Params), sig.Results)
}

// appendSigned writes the operand of an i32.const.
func appendSigned(b []byte, v int64) []byte {
	for v >= 0x40 || v < -0x40 {
		b, v = append(b, byte(v)|0x80), v>>7
	}
	return append(b, byte(v)&0x7f)
}
