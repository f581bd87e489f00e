package corewasm_test

import "slices"

// A small assembler for modules that no tool makes.

const header = "\x00asm\x01\x00\x00\x00"

func module(sections ...string) []byte {
	return []byte(header + concat(sections))
}

func section(id byte, contents string) string {
	return string([]byte{id}) + sized(contents)
}

// vec is a vector of elements; there are less than 128.
func vec(elements ...string) string {
	return string([]byte{byte(len(elements))}) + concat(elements)
}

// sized puts the length, in two bytes of LEB128, before the contents.
func sized(contents string) string {
	n := len(contents)
	return string([]byte{byte(n&0x7f) | 0x80, byte(n >> 7)}) + contents
}

func name(s string) string { return sized(s) }

// code is a module of one function, of type (i32) -> (), with one memory, one
// table, one global, a tag and a data segment.
func code(body string) []byte {
	return codeWithLocals("\x00", body)
}

func codeWithLocals(locals, body string) []byte {
	return module(
		section(1, vec("\x60\x01\x7f\x00")),
		section(3, vec("\x00")),
		section(4, vec("\x70\x00\x01")),
		section(5, vec("\x00\x01")),
		section(13, vec("\x00\x00")),
		section(6, vec("\x7f\x01\x41\x00\x0b")),
		section(12, "\x01"),
		section(10, vec(sized(locals+body+"\x0b"))),
		section(11, vec("\x01\x00")),
	)
}

func concat(parts []string) string {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return string(slices.Clip(b))
}
