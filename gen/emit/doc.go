// Package emit holds the last step of the generator: it writes the Go files of a
// model.World with jennifer. It decides nothing about names, layouts or checks;
// the model carries them.
//
// For each package there are two files. <name>.go is what people read: types,
// the Host interface, typed exports. <name>.abi.go holds what the linker reads
// and the marshalling: straight code, one function for each way of each type
// that the package's functions need.
//
//	lift  core values  → Go      load   guest memory → Go
//	lower Go → core values       store  Go → guest memory
package emit

import (
	"fmt"
	"path"

	"github.com/airsstack/witgen/gen/model"
)

// World writes the files of a world, by slash-separated names below the output
// folder. The digest of the input goes into the head of each.
func World(w *model.World, digest string) (map[string][]byte, error) {
	files := map[string][]byte{}
	write := func(p *model.Package, suffix string, f *file) error {
		if f == nil {
			return nil
		}
		name := path.Join(p.Dir, p.File+suffix)
		text, err := f.render()
		if err != nil {
			return fmt.Errorf("emit %s: %w", name, err)
		}
		files[name] = text
		return nil
	}
	for _, p := range w.Packages {
		if err := write(p, ".go", interfaceFile(w, p, digest)); err != nil {
			return nil, err
		}
		if err := write(p, ".abi.go", interfaceABI(w, p, digest)); err != nil {
			return nil, err
		}
	}
	if err := write(w.Package, ".go", worldFile(w, digest)); err != nil {
		return nil, err
	}
	if w.Doubles {
		p, double, recorder, err := doubles(w, digest)
		if err != nil {
			return nil, fmt.Errorf("emit the doubles: %w", err)
		}
		files[path.Join(p.Dir, p.File+".go")], files[path.Join(p.Dir, "recorder.go")] = double, recorder
	}
	return files, write(w.Package, ".abi.go", worldABI(w, digest))
}
