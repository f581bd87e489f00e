package corewasm

// A satelliteWriter writes the module that holds, or imports, one memory, and
// exports a function for each way in which another module accesses it.
type satelliteWriter struct {
	types     []FuncType
	typeAt    map[string]uint32
	accessors []accessor
	data      []uint32 // the segments that are copied to this memory, by their indices in the other module
	dataAt    map[uint32]uint32
}

// An accessor stands for one instruction with its immediates, but for the memory's
// index.
type accessor struct {
	op            Op
	align, offset uint32
	lane          byte
	data          uint32 // of memory.init and data.drop
}

// holds makes a data segment one of the satellite's.
func (s *satelliteWriter) holds(segment uint32) {
	if _, ok := s.dataAt[segment]; !ok {
		s.dataAt[segment] = uint32(len(s.data))
		s.data = append(s.data, segment)
	}
}

// write gives the module. typ is the memory's; from is nil where the satellite
// defines it.
func (s *satelliteWriter) write(typ Limits, from *Import, data []Data) []byte {
	var funcs, code []byte
	exports := append(appendName(nil, SatelliteMemory), byte(KindMemory), 0)
	for i, a := range s.accessors {
		funcs = appendU32(funcs, s.typeIndex(accessTypes[a.op]))
		exports = appendU32(append(appendName(exports, accessorName(i)), byte(KindFunc)), uint32(i))
		body := s.body(a)
		code = append(appendU32(code, uint32(len(body))), body...)
	}
	n := uint32(len(s.accessors))

	b := append([]byte{}, header...)
	var types []byte
	for _, t := range s.types {
		types = appendFuncType(types, t)
	}
	b = appendVector(b, secType, uint32(len(s.types)), types)
	if from != nil {
		im := append(appendName(appendName(nil, from.Module), from.Name), byte(KindMemory))
		b = appendVector(b, secImport, 1, appendLimits(im, typ))
	}
	b = appendVector(b, secFunction, n, funcs)
	if from == nil {
		b = appendVector(b, secMemory, 1, appendLimits(nil, typ))
	}
	b = appendVector(b, secExport, n+1, exports)
	if len(s.data) > 0 {
		b = appendSection(b, secDataCount, appendU32(nil, uint32(len(s.data))))
	}
	b = appendVector(b, secCode, n, code)
	var segments []byte
	for _, i := range s.data {
		segments = appendPassive(segments, data[i].Init)
	}
	return appendVector(b, secData, uint32(len(s.data)), segments)
}

func (s *satelliteWriter) typeIndex(t FuncType) uint32 {
	key := t.String()
	i, ok := s.typeAt[key]
	if !ok {
		i = uint32(len(s.types))
		s.typeAt[key] = i
		s.types = append(s.types, t)
	}
	return i
}

// body hands the parameters to the instruction.
func (s *satelliteWriter) body(a accessor) []byte {
	b := []byte{0} // no locals
	for i := range accessTypes[a.op].Params {
		b = appendU32(append(b, byte(OpLocalGet)), uint32(i))
	}
	if a.op == OpMemoryInit || a.op == opDataDrop {
		a.data = s.dataAt[a.data]
	}
	return append(a.appendTo(b), byte(OpEnd))
}

// appendTo appends the instruction, applied to memory 0.
func (a accessor) appendTo(b []byte) []byte {
	b = appendOp(b, a.op)
	switch a.op {
	case opMemorySize, OpMemoryGrow, OpMemoryFill:
		return append(b, 0)
	case OpMemoryCopy:
		return append(b, 0, 0)
	case OpMemoryInit:
		return append(appendU32(b, a.data), 0)
	case opDataDrop:
		return appendU32(b, a.data)
	}
	b = appendU32(appendU32(b, a.align), a.offset)
	if a.op >= 0xfd54 && a.op <= 0xfd5b {
		b = append(b, a.lane)
	}
	return b
}

func appendPassive(b, init []byte) []byte {
	return append(appendU32(append(b, 1), uint32(len(init))), init...)
}

// appendVector appends a section that is a vector of n elements, unless there
// are none.
func appendVector(b []byte, id byte, n uint32, elements []byte) []byte {
	if n == 0 {
		return b
	}
	return appendSection(b, id, append(appendU32(nil, n), elements...))
}
