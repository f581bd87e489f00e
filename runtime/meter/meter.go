package meter

import (
	"errors"

	"github.com/airsstack/witgen/runtime/corewasm"
)

// FuelExport is the name under which a metered module exports its fuel: a
// mutable i64 that begins at 0. The host may read it, and write it while the
// guest does not run. A guest that exports this name itself is refused.
const FuelExport = "\x00fuel"

// Refill names the host function that a guest imports and calls when its fuel
// falls below zero. Its type is (i64) -> i64: it is given the balance, which is
// negative by what the guest could not pay, and answers the new one. It ends the
// guest by panicking.
type Refill struct {
	Module, Name string

	// Depth is how deep the guest's calls may nest; a function with many locals
	// counts more than once. Calls that nest deeper ask with TooDeep. 0 counts
	// no depth.
	Depth uint32
	// Tables has the guest ask before a table grows and tell when it has: see
	// TableGrows and TableGrew.
	Tables bool
	// Inward tells of an imported function whether it may call a function of the
	// module that imports it. Nil says so of all.
	Inward func(corewasm.Import) bool
}

// What a guest asks Refill with, in place of a balance, when a table is to grow
// by n elements, and what it tells when it has grown: each of them is the number
// plus n. The answer to the one is how many elements it grows by, n or TableStays;
// that to the other is not looked at.
const (
	TableGrows = -1 << 62
	TableGrew  = -1 << 61
	TableStays = -1 // what no table grows by
)

// Add makes an edit of m also meter it. The edit must have no Import, Types,
// Globals, Funcs or Code of its own.
func Add(e *corewasm.Edit, m *corewasm.Module, refill Refill) error {
	if e.Import != nil || e.Types != nil || e.Globals != nil || e.Funcs != nil || e.Code != nil {
		return errors.New("meter: the edit has an import, types, globals, functions or code already")
	}
	fuel := uint32(len(m.Globals))
	e.Import = &corewasm.FuncImport{
		Module: refill.Module, Name: refill.Name,
		Type: corewasm.FuncType{Params: []corewasm.ValType{corewasm.I64}, Results: []corewasm.ValType{corewasm.I64}},
	}
	e.Globals = []corewasm.Global{{
		GlobalType: corewasm.GlobalType{Val: corewasm.I64, Mutable: true},
		Init:       corewasm.ConstExpr{byte(corewasm.OpI64Const), 0, byte(corewasm.OpEnd)},
	}}
	e.Exports = append(e.Exports[:len(e.Exports):len(e.Exports)],
		corewasm.Export{Name: FuelExport, Kind: corewasm.KindGlobal, Index: fuel})
	g := &generator{m: m, fuel: fuel, refill: uint32(m.ImportedFuncs), tables: refill.Tables, pieces: map[corewasm.Op]uint32{}}
	g.ask = g.add(corewasm.Func{Code: g.asking()})
	g.price(&refill)
	e.Funcs = g.funcs
	if refill.Depth > 0 {
		g.depth = fuel + 1
		g.code = g.code[:0]
		g.i32(int64(min(refill.Depth, 1<<30)))
		g.emit(corewasm.OpEnd)
		e.Globals = append(e.Globals, corewasm.Global{
			GlobalType: corewasm.GlobalType{Val: corewasm.I32, Mutable: true},
			Init:       g.take(),
		})
		e.Exports = append(e.Exports, corewasm.Export{Name: DepthExport, Kind: corewasm.KindGlobal, Index: g.depth})
		e.Types = g.types
	}
	e.Code = g.body
	return nil
}
