package corewasm

import "fmt"

// Op is an instruction's opcode. One behind a prefix has the prefix in its
// high byte: memory.fill is 0xfc0b.
type Op uint16

// The instructions that other packages tell apart.
const (
	OpUnreachable        Op = 0x00
	OpNop                Op = 0x01
	OpBlock              Op = 0x02
	OpLoop               Op = 0x03
	OpIf                 Op = 0x04
	OpElse               Op = 0x05
	OpThrow              Op = 0x08
	OpThrowRef           Op = 0x0a
	OpEnd                Op = 0x0b
	OpBr                 Op = 0x0c
	OpBrIf               Op = 0x0d
	OpBrTable            Op = 0x0e
	OpReturn             Op = 0x0f
	OpCall               Op = 0x10
	OpCallIndirect       Op = 0x11
	OpReturnCall         Op = 0x12
	OpReturnCallIndirect Op = 0x13
	OpCallRef            Op = 0x14
	OpReturnCallRef      Op = 0x15
	OpTryTable           Op = 0x1f
	OpDrop               Op = 0x1a
	OpLocalGet           Op = 0x20
	OpLocalSet           Op = 0x21
	OpLocalTee           Op = 0x22
	OpGlobalGet          Op = 0x23
	OpGlobalSet          Op = 0x24
	OpTableSet           Op = 0x26
	OpMemoryGrow         Op = 0x40
	OpI32Const           Op = 0x41
	OpI64Const           Op = 0x42
	OpI32Ne              Op = 0x47
	OpI32LtS             Op = 0x48
	OpI32GeS             Op = 0x4e
	OpI64LtS             Op = 0x53
	OpI64GeS             Op = 0x59
	OpI32DivS            Op = 0x6d
	OpI32RemU            Op = 0x70
	OpI32Add             Op = 0x6a
	OpI32Sub             Op = 0x6b
	OpI32Mul             Op = 0x6c
	OpI64Add             Op = 0x7c
	OpI64Sub             Op = 0x7d
	OpI64Mul             Op = 0x7e
	OpI64DivS            Op = 0x7f
	OpI64RemU            Op = 0x82
	OpI64Shl             Op = 0x86
	OpI64ShrU            Op = 0x88
	OpI64ExtendI32U      Op = 0xad
	OpRefNull            Op = 0xd0
	OpRefFunc            Op = 0xd2
	OpBrOnNull           Op = 0xd5
	OpBrOnNonNull        Op = 0xd6
	OpMemoryInit         Op = 0xfc08
	OpDataDrop           Op = 0xfc09
	OpMemoryCopy         Op = 0xfc0a
	OpMemoryFill         Op = 0xfc0b
	OpTableInit          Op = 0xfc0c
	OpElemDrop           Op = 0xfc0d
	OpTableCopy          Op = 0xfc0e
	OpTableGrow          Op = 0xfc0f
	OpTableFill          Op = 0xfc11
)

const (
	opF32Const  Op = 0x43
	opF64Const  Op = 0x44
	opV128Const Op = 0xfd0c

	opI64Load    Op = 0x29
	opI32Load8U  Op = 0x2d
	opI64Store   Op = 0x37
	opI32Store8  Op = 0x3a
	opMemorySize Op = 0x3f
	opI32LtU     Op = 0x49
	opI32GtU     Op = 0x4b
	opDataDrop   Op = 0xfc09

	prefixGC     = 0xfb
	prefixMisc   = 0xfc
	prefixVector = 0xfd
	prefixAtomic = 0xfe
)

// shape says which immediates follow an opcode [5.4].
type shape uint8

const (
	shapeUnknown shape = iota // no instruction, or none that is run here
	shapeNone
	shapeBlock        // block type
	shapeTryTable     // block type, catch clauses
	shapeLabel        // label
	shapeBrTable      // labels
	shapeFunc         // function
	shapeType         // type
	shapeCallIndirect // type, table
	shapeLocal        // local
	shapeGlobal       // global
	shapeTable        // table
	shapeTag          // tag
	shapeElem         // element segment
	shapeData         // data segment
	shapeMem          // memory
	shapeMemMem       // two memories
	shapeDataMem      // data segment, memory
	shapeElemTable    // element segment, table
	shapeTableTable   // two tables
	shapeMemArg       // alignment, offset
	shapeMemArgLane   // alignment, offset, lane
	shapeLane         // lane
	shapeS32          // constants
	shapeS64
	shapeBytes4
	shapeBytes8
	shapeBytes16
	shapeSelect   // value types
	shapeHeapType // heap type
	shapeZero     // one zero byte
)

var (
	plainShapes  [0x100]shape
	miscShapes   [0x12]shape
	vectorShapes [0x100]shape
	atomicShapes [0x4f]shape
)

func setShapes(table []shape, s shape, from, to int) {
	for op := from; op <= to; op++ {
		table[op] = s
	}
}

func init() {
	type row struct {
		s        shape
		from, to int
	}
	for _, r := range []row{
		{shapeNone, 0x00, 0x01},
		{shapeBlock, 0x02, 0x04},
		{shapeNone, 0x05, 0x05},
		{shapeTag, 0x08, 0x08},
		{shapeNone, 0x0a, 0x0b},
		{shapeLabel, 0x0c, 0x0d},
		{shapeBrTable, 0x0e, 0x0e},
		{shapeNone, 0x0f, 0x0f},
		{shapeFunc, 0x10, 0x10},
		{shapeCallIndirect, 0x11, 0x11},
		{shapeFunc, 0x12, 0x12},
		{shapeCallIndirect, 0x13, 0x13},
		{shapeType, 0x14, 0x15},
		{shapeNone, 0x1a, 0x1b},
		{shapeSelect, 0x1c, 0x1c},
		{shapeTryTable, 0x1f, 0x1f},
		{shapeLocal, 0x20, 0x22},
		{shapeGlobal, 0x23, 0x24},
		{shapeTable, 0x25, 0x26},
		{shapeMemArg, 0x28, 0x3e},
		{shapeMem, 0x3f, 0x40},
		{shapeS32, 0x41, 0x41},
		{shapeS64, 0x42, 0x42},
		{shapeBytes4, 0x43, 0x43},
		{shapeBytes8, 0x44, 0x44},
		{shapeNone, 0x45, 0xc4},
		{shapeHeapType, 0xd0, 0xd0},
		{shapeNone, 0xd1, 0xd1},
		{shapeFunc, 0xd2, 0xd2},
		{shapeNone, 0xd4, 0xd4},
		{shapeLabel, 0xd5, 0xd6},
	} {
		setShapes(plainShapes[:], r.s, r.from, r.to)
	}
	for _, r := range []row{
		{shapeNone, 0x00, 0x07},
		{shapeDataMem, 0x08, 0x08},
		{shapeData, 0x09, 0x09},
		{shapeMemMem, 0x0a, 0x0a},
		{shapeMem, 0x0b, 0x0b},
		{shapeElemTable, 0x0c, 0x0c},
		{shapeElem, 0x0d, 0x0d},
		{shapeTableTable, 0x0e, 0x0e},
		{shapeTable, 0x0f, 0x11},
	} {
		setShapes(miscShapes[:], r.s, r.from, r.to)
	}
	for _, r := range []row{
		{shapeNone, 0x00, 0xff},
		{shapeMemArg, 0x00, 0x0b},
		{shapeBytes16, 0x0c, 0x0d},
		{shapeLane, 0x15, 0x22},
		{shapeMemArgLane, 0x54, 0x5b},
		{shapeMemArg, 0x5c, 0x5d},
	} {
		setShapes(vectorShapes[:], r.s, r.from, r.to)
	}
	for _, gap := range []int{
		0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2,
		0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee,
	} {
		vectorShapes[gap] = shapeUnknown
	}
	for _, r := range []row{
		{shapeMemArg, 0x00, 0x02},
		{shapeZero, 0x03, 0x03},
		{shapeMemArg, 0x10, 0x4e},
	} {
		setShapes(atomicShapes[:], r.s, r.from, r.to)
	}
}

// refusal names an opcode that is known and not run here.
func refusal(prefix byte, sub uint32) (feature, name string) {
	switch prefix {
	case 0x06, 0x07, 0x09, 0x18, 0x19:
		names := map[byte]string{0x06: "try", 0x07: "catch", 0x09: "rethrow", 0x18: "delegate", 0x19: "catch_all"}
		return "legacy exception handling", names[prefix]
	case 0xd3:
		return "garbage collection", "ref.eq"
	case prefixGC:
		if sub >= 0x80 {
			return "reference-typed strings", fmt.Sprintf("string instruction 0xfb %#x", sub)
		}
		if int(sub) < len(gcNames) {
			return "garbage collection", gcNames[sub]
		}
		return "garbage collection", fmt.Sprintf("instruction 0xfb %#x", sub)
	case prefixMisc:
		if sub >= 0x13 && sub <= 0x16 {
			names := []string{"i64.add128", "i64.sub128", "i64.mul_wide_s", "i64.mul_wide_u"}
			return "wide arithmetic", names[sub-0x13]
		}
		if sub == 0x12 {
			return "memory control", "memory.discard"
		}
	case prefixVector:
		if sub >= 0x100 && int(sub-0x100) < len(relaxedNames) {
			return "relaxed SIMD", relaxedNames[sub-0x100]
		}
	case 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6:
		return "stack switching", fmt.Sprintf("instruction %#x", prefix)
	}
	return "", ""
}

var gcNames = []string{
	"struct.new", "struct.new_default", "struct.get", "struct.get_s", "struct.get_u", "struct.set",
	"array.new", "array.new_default", "array.new_fixed", "array.new_data", "array.new_elem",
	"array.get", "array.get_s", "array.get_u", "array.set", "array.len", "array.fill", "array.copy",
	"array.init_data", "array.init_elem", "ref.test", "ref.test null", "ref.cast", "ref.cast null",
	"br_on_cast", "br_on_cast_fail", "any.convert_extern", "extern.convert_any",
	"ref.i31", "i31.get_s", "i31.get_u",
}

var relaxedNames = []string{
	"i8x16.relaxed_swizzle",
	"i32x4.relaxed_trunc_f32x4_s", "i32x4.relaxed_trunc_f32x4_u",
	"i32x4.relaxed_trunc_f64x2_s_zero", "i32x4.relaxed_trunc_f64x2_u_zero",
	"f32x4.relaxed_madd", "f32x4.relaxed_nmadd", "f64x2.relaxed_madd", "f64x2.relaxed_nmadd",
	"i8x16.relaxed_laneselect", "i16x8.relaxed_laneselect", "i32x4.relaxed_laneselect", "i64x2.relaxed_laneselect",
	"f32x4.relaxed_min", "f32x4.relaxed_max", "f64x2.relaxed_min", "f64x2.relaxed_max",
	"i16x8.relaxed_q15mulr_s", "i16x8.relaxed_dot_i8x16_i7x16_s", "i32x4.relaxed_dot_i8x16_i7x16_add_s",
}
