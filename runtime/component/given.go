package component

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// given are the components (*binary.NestedComponent) and core modules
// (*binary.CoreModule) that stand in for imports of the root, by their names.
type given map[string]binary.Def

// WithComponent gives the component what it imports as a component called name:
// it instantiates that as often as it likes, with arguments of its own. What an
// imported instance holds is called by both names: "a:b/c#name". The
// bytes must not change while the factory lives.
func WithComponent(name string, wasm []byte) LoadOption {
	return func(o *loadOptions) { o.given = append(o.given, gift{name, wasm, readComponent}) }
}

// WithModule gives the component what it imports as a core module called name.
// The bytes must not change while the factory lives.
func WithModule(name string, wasm []byte) LoadOption {
	return func(o *loadOptions) { o.given = append(o.given, gift{name, wasm, readModule}) }
}

// A gift is a file that was given for an import.
type gift struct {
	name string
	wasm []byte
	read func(wasm []byte, c cores) (binary.Def, error)
}

// read decodes and validates what was given, each by itself.
func readGiven(gifts []gift, c cores) (given, error) {
	out := given{}
	for _, g := range gifts {
		def, err := g.read(g.wasm, c)
		if err != nil {
			return nil, fmt.Errorf("given for import %q: %w", g.name, err)
		}
		out[g.name] = def
	}
	return out, nil
}

func readComponent(wasm []byte, c cores) (binary.Def, error) {
	tree, err := binary.Decode(wasm)
	if err != nil {
		return nil, err
	}
	return &binary.NestedComponent{Component: tree}, valid(tree, c.decode, nil)
}

func readModule(wasm []byte, c cores) (binary.Def, error) {
	def := &binary.CoreModule{Bytes: wasm}
	_, err := c.decode(def)
	return def, err
}
