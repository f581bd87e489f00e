package component

import "github.com/airsstack/witgen/runtime/component/binary"

// Validate decodes a component and checks all of it. It compiles nothing and
// asks nothing of a world: what passes may still use what this runtime does not
// run. The error says what is wrong and where.
func Validate(wasm []byte) error {
	tree, err := binary.Decode(wasm)
	if err != nil {
		return err
	}
	_, err = resolve(tree)
	return err
}
