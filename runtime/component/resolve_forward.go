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
		module: &coreModule{index: -1 - len(r.forwarders), offset: offset, bytes: wasm, module: module},
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
	b := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, body ...byte) {
		b = append(binary.AppendUvarint(append(b, id), uint64(len(body))), body...)
	}
	types := func(to []byte, ts []corewasm.ValType) []byte {
		to = binary.AppendUvarint(to, uint64(len(ts)))
		for _, t := range ts {
			to = append(to, byte(t))
		}
		return to
	}
	section(1, types(types([]byte{1, 0x60}, sig.Params), sig.Results)...)
	section(2, 1, 0, 0, 0, 0) // import "" "", function of type 0
	section(3, 1, 0)
	section(7, 1, 0, 0, 1) // export "", function 1
	code := []byte{0}      // no locals
	for i := range sig.Params {
		code = binary.AppendUvarint(append(code, byte(corewasm.OpLocalGet)), uint64(i))
	}
	code = append(code, byte(corewasm.OpCall), 0, byte(corewasm.OpEnd))
	section(10, append(binary.AppendUvarint([]byte{1}, uint64(len(code))), code...)...)
	return b
}
