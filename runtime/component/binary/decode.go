package binary

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// The preamble of a component [Binary.md, Component Definitions].
const (
	magic            = "\x00asm"
	preambleLen      = 8
	componentVersion = 0x0d
	componentLayer   = 1
)

// The ids of the sections.
const (
	secCustom byte = iota
	secCoreModule
	secCoreInstance
	secCoreType
	secComponent
	secInstance
	secAlias
	secType
	secCanon
	secStart
	secImport
	secExport
	secValue
)

var sectionNames = [...]string{
	"custom", "core module", "core instance", "core type", "component", "instance",
	"alias", "type", "canon", "start", "import", "export", "value",
}

// Decode reads a component. The byte slices of the tree, those of core modules
// and custom sections, share wasm and must not outlive or survive changes to
// it; names are copies. A failure is an *Error.
func Decode(wasm []byte) (*Component, error) {
	if err := checkPreamble(wasm); err != nil {
		return nil, err
	}
	r := &reader{data: wasm, pos: preambleLen, end: len(wasm)}
	c := r.component(0, 0)
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// IsCoreModule tells that a file begins as a core module does.
func IsCoreModule(b []byte) bool {
	return len(b) >= preambleLen && string(b[:4]) == magic && b[6] == 0 && b[7] == 0
}

// checkPreamble looks at the first bytes of a file and tells what it is where it
// is no component.
func checkPreamble(b []byte) error {
	bad := func(offset int, format string, args ...any) error {
		return &Error{Offset: offset, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(b) == 0:
		return bad(0, "the file is empty")
	case !bytes.HasPrefix(b, []byte(magic)[:min(len(b), len(magic))]):
		return bad(0, "%s", guess(b))
	case len(b) < preambleLen:
		return bad(len(b), "the file ends within its first %d bytes", preambleLen)
	}
	version, layer := uint16(b[4])|uint16(b[5])<<8, uint16(b[6])|uint16(b[7])<<8
	switch {
	case layer == 0:
		// The place is the one where the sections of the module start.
		return bad(preambleLen, "this is a core module (layer 0); make a component of it with `wasm-tools component new`")
	case layer != componentLayer:
		return bad(6, "layer %d is neither a core module's (0) nor a component's (1)", layer)
	case version != componentVersion:
		return bad(4, "version %#x of the component format; this host reads %#x", version, componentVersion)
	}
	return nil
}

// guess tells what a file is that does not start like WebAssembly.
func guess(b []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\ufeff")))
	switch {
	case bytes.HasPrefix(text, []byte("(")) || bytes.HasPrefix(text, []byte(";;")):
		return "this is WebAssembly text; make a binary of it with `wasm-tools parse`"
	case isText(b[:min(len(b), 512)]):
		return "this is a text file, not WebAssembly"
	}
	return fmt.Sprintf("this is not WebAssembly: it starts with % x, not with % x", b[:min(len(b), len(magic))], magic)
}

// isText tells whether the start of a file is text; its last character may be
// cut.
func isText(b []byte) bool {
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == utf8.RuneError && utf8.FullRune(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// component reads the sections of a component up to the end of r. The preamble,
// which starts at offset, has been read.
func (r *reader) component(offset, depth int) *Component {
	c := &Component{Offset: offset}
	if depth > maxComponentNesting {
		r.failAt(offset, "components stand in one another deeper than %d", maxComponentNesting)
	}
	end := r.end
	for r.err == nil && r.pos < end {
		start := r.pos
		id := r.byte("a section")
		if int(id) >= len(sectionNames) {
			r.section = "unknown"
			r.failAt(start, "section %d; the sections of a component are 0 to %d", id, len(sectionNames)-1)
			break
		}
		r.section = sectionNames[id]
		size := r.u32("the size of the section")
		if r.err == nil && int64(size) > int64(r.left()) {
			r.failAt(start, "it claims %d bytes, but only %d bytes are left", size, r.left())
		}
		if r.err != nil {
			break
		}
		r.end = r.pos + int(size)
		r.readSection(c, id, depth)
		if r.err == nil && r.pos != r.end {
			r.failAt(r.pos, "%d bytes are left over at its end", r.left())
		}
		r.end = end
	}
	return c
}

// readSection reads one section, which ends where r does.
func (r *reader) readSection(c *Component, id byte, depth int) {
	at := r.pos
	switch id {
	case secCustom:
		name := r.name("the name of the section")
		data := r.bytes(uint32(r.left()), "the section")
		c.Customs = append(c.Customs, Custom{Name: name, Offset: at, Data: data})
	case secCoreModule:
		r.define()
		c.Defs = append(c.Defs, r.coreModule())
	case secComponent:
		r.define()
		c.Defs = append(c.Defs, r.nested(depth))
	case secStart:
		r.define()
		c.Defs = append(c.Defs, r.start())
	case secCoreType:
		// One recursion group is several definitions.
		for range r.count("core types", maxDefinitions) {
			for _, def := range r.coreTypeDefs() {
				c.Defs = append(c.Defs, def)
			}
			if r.err != nil {
				return
			}
		}
	default:
		c.Defs = append(c.Defs, list(r, sectionNames[id]+" definitions", maxDefinitions, r.definition(id))...)
	}
}

// definition gives the reading of one definition of a section that holds a list
// of them.
func (r *reader) definition(id byte) func() Def {
	var read func() Def
	switch id {
	case secCoreInstance:
		read = func() Def { return r.coreInstance() }
	case secInstance:
		read = func() Def { return r.instance() }
	case secAlias:
		read = func() Def { return r.alias() }
	case secType:
		read = func() Def { return r.typeDef() }
	case secCanon:
		read = func() Def { return r.canon() }
	case secImport:
		read = func() Def { return r.importDef() }
	case secExport:
		read = func() Def { return r.export() }
	case secValue:
		read = func() Def { return r.value() }
	}
	return func() Def {
		r.define()
		return read()
	}
}

// coreModule takes the whole section as a core module; what is in it is for
// package corewasm to read.
func (r *reader) coreModule() *CoreModule {
	m := &CoreModule{Offset: r.at(), Bytes: r.bytes(uint32(r.left()), "the module")}
	if r.err == nil && !bytes.HasPrefix(m.Bytes, []byte(magic+"\x01\x00\x00\x00")) {
		r.failAt(m.Offset, "it does not hold a core module: it starts with % x", m.Bytes[:min(len(m.Bytes), preambleLen)])
	}
	return m
}

// nested takes the whole section as a component.
func (r *reader) nested(depth int) *NestedComponent {
	at := r.pos
	head := r.bytes(uint32(min(r.left(), preambleLen)), "the component")
	if err := checkPreamble(head); err != nil {
		r.failAt(at, "it does not hold a component: it starts with % x", head)
	}
	return &NestedComponent{Offset: at, Component: r.component(at, depth+1)}
}
