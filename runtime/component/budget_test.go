package component_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
)

// Bytes of the binary format that the components below are made of
// [Binary.md].
const (
	sectionComponent, sectionInstance, sectionType = 4, 5, 7
	typeU8                                         = 0x7d
)

func componentOf(sections ...[]byte) []byte {
	return bytes.Join(append([][]byte{[]byte("\x00asm\x0d\x00\x01\x00")}, sections...), nil)
}

func section(id byte, content []byte) []byte {
	return append(binary.AppendUvarint([]byte{id}, uint64(len(content))), content...)
}

// vec is n times an item.
func vec(n int, item ...byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(n)), bytes.Repeat(item, n)...)
}

// TestBudget loads small files that ask for much: inner components make other
// ones, and so on. They are refused before it is made.
func TestBudget(t *testing.T) {
	t.Parallel()
	types := func(n int) []byte { return componentOf(section(sectionType, vec(n, typeU8))) }
	instantiate := func(component byte) []byte { return []byte{0, component, 0} }

	tower := types(1) // each storey makes two of the one below
	for range 30 {
		tower = componentOf(
			section(sectionComponent, tower),
			section(sectionInstance, vec(2, instantiate(0)...)),
		)
	}
	tests := map[string]struct {
		wasm []byte
		want string
	}{
		"too many instances": {
			componentOf(section(sectionComponent, types(1)), section(sectionInstance, vec(1001, instantiate(0)...))),
			"the component makes more than 1000 instances",
		},
		"a tower": {tower, "the component makes more than 1000 instances"},
		"large ones too often": {
			componentOf(section(sectionComponent, types(50_000)), section(sectionInstance, vec(900, instantiate(0)...))),
			"evaluating the component takes more than 2000000 steps",
		},
	}
	rt := newRuntime(t, component.Config{})
	for name, test := range tests {
		err := loadAny(t, rt, test.wasm)
		if err == nil || !strings.Contains(err.Error(), test.want) || !isLoadError(err) {
			t.Errorf("%s: loading gives %v, want %s", name, err, test.want)
		}
	}
}
