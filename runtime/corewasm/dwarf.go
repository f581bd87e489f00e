package corewasm

import "encoding/binary"

// The engine records where code comes from, and prints it in stack traces, only
// for modules that carry DWARF. This is the least that debug/dwarf takes: one
// unit over all addresses that the engine looks up (0, -1 and -2 mark removed
// code, so the unit leaves them out), whose line table has one row.
const (
	dwarfLow  = 1
	dwarfHigh = 0x7ffffff0
	dwarfFile = "wasm"
)

// appendDWARF appends the custom sections. Values are by the DWARF 4 standard.
func appendDWARF(b []byte) []byte {
	le := binary.LittleEndian

	abbrev := []byte{
		1, 0x11, 0, // code 1, DW_TAG_compile_unit, no children
		0x10, 0x17, // DW_AT_stmt_list, DW_FORM_sec_offset
		0x11, 0x01, // DW_AT_low_pc, DW_FORM_addr
		0x12, 0x01, // DW_AT_high_pc, DW_FORM_addr
		0, 0, 0,
	}

	info := []byte{4, 0} // version
	info = le.AppendUint32(info, 0)
	info = append(info, 4, 1) // address size, abbreviation
	info = le.AppendUint32(info, 0)
	info = le.AppendUint32(info, dwarfLow)
	info = le.AppendUint32(info, dwarfHigh)

	prologue := []byte{1, 1, 1, 0xfb, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1} // opcode base 10
	prologue = append(prologue, 0)                                       // no directories
	prologue = append(prologue, dwarfFile...)
	prologue = append(prologue, 0, 0, 0, 0, 0)
	line := []byte{4, 0} // version
	line = le.AppendUint32(line, uint32(len(prologue)))
	line = append(line, prologue...)
	line = le.AppendUint32(append(line, 0, 5, 2), dwarfLow)
	line = append(line, 1) // DW_LNS_copy
	line = le.AppendUint32(append(line, 0, 5, 2), dwarfHigh)
	line = append(line, 0, 1, 1) // DW_LNE_end_sequence

	unit := func(contents []byte) []byte {
		return append(le.AppendUint32(nil, uint32(len(contents))), contents...)
	}
	b = appendCustom(b, ".debug_abbrev", abbrev)
	b = appendCustom(b, ".debug_info", unit(info))
	return appendCustom(b, ".debug_line", unit(line))
}
