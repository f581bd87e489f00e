package component

import (
	"github.com/airsstack/witgen/runtime/corewasm"
)

// Toolchains tie the knot between a module that needs its imports first and
// functions that need the module's memory with a shim: a module whose functions
// only call through a table, which a fix-up module fills once everything
// exists. A call through it costs half as much again as one without, so the
// planner sees through it: what would end at a lowered function is bound to
// that directly. The lowered function traps while its memory does not exist.
//
// What is not recognised runs as it stands.

// seeThrough finds, for each shim instance, the lowered functions behind its
// exports.
func seeThrough(insts []*coreInst) map[*coreInst]map[string]*lowered {
	found := map[*coreInst]map[string]*lowered{}
	for _, shim := range insts {
		slots := shimSlots(shim.module)
		if slots == nil {
			continue
		}
		table := fixUp(insts, shim)
		behind := map[string]*lowered{}
		for name, slot := range slots {
			if low := table[slot]; low != nil {
				behind[name] = low
			}
		}
		if len(behind) > 0 {
			found[shim] = behind
		}
	}
	return found
}

// shimSlots gives, for a module that is a shim, the slot of the table that each
// exported function calls; nil for any other module.
func shimSlots(cm *coreModule) map[string]int32 {
	m := cm.module
	if len(m.Imports) > 0 || len(m.Tables) != 1 || len(m.Memories)+len(m.Globals)+len(m.Data)+len(m.Elements) > 0 || m.HasStart {
		return nil
	}
	byFunc := map[uint32]int32{}
	for i := range m.Bodies {
		slot, ok := forwarded(cm, &m.Bodies[i])
		if !ok {
			return nil
		}
		byFunc[m.Bodies[i].Func] = slot
	}
	slots := map[string]int32{}
	for _, e := range m.Exports {
		if e.Kind == corewasm.KindFunc {
			slots[e.Name] = byFunc[e.Index]
		}
	}
	return slots
}

// forwarded reports whether a body does nothing but pass its parameters on to a
// function of its own type in a constant slot of the table, and which slot.
func forwarded(cm *coreModule, body *corewasm.Body) (slot int32, ok bool) {
	typ := cm.module.FuncType(body.Func)
	step, params := 0, len(typ.Params)
	for in := range cm.module.Instructions(body) {
		switch {
		case step < params:
			ok = in.Op == corewasm.OpLocalGet && in.Index == uint32(step)
		case step == params:
			c := append(corewasm.ConstExpr{}, cm.bytes[in.Offset:in.End]...)
			slot, ok = append(c, byte(corewasm.OpEnd)).I32()
		case step == params+1:
			ok = in.Op == corewasm.OpCallIndirect && cm.module.Types[in.Index].Equal(typ)
		case step == params+2:
			ok = in.Op == corewasm.OpEnd
		default:
			ok = false
		}
		if !ok {
			return 0, false
		}
		step++
	}
	return slot, step == params+3
}

// fixUp finds the instance that fills the shim's table and gives the lowered
// functions that it puts there, by slot.
func fixUp(insts []*coreInst, shim *coreInst) map[int32]*lowered {
	slots := map[int32]*lowered{}
	for _, in := range insts {
		if !fills(in, shim) {
			continue
		}
		m := in.module.module
		for _, seg := range m.Elements {
			base, ok := seg.Offset.I32()
			if seg.Mode != corewasm.Active || seg.Table != 0 || !ok {
				return nil
			}
			for i, f := range seg.Funcs {
				im, imported := importOf(m, corewasm.KindFunc, f)
				if !seg.IsFunc(i) || !imported {
					return nil
				}
				if item, ok := in.argument(im); ok && item.low != nil {
					slots[base+int32(i)] = item.low
				}
			}
		}
	}
	return slots
}

// fills reports whether the instance's first table is the shim's.
func fills(in, shim *coreInst) bool {
	for _, im := range in.module.module.Imports {
		if im.Kind == corewasm.KindTable && im.Index == 0 {
			item, ok := in.argument(im)
			return ok && item.inst == shim
		}
	}
	return false
}

// idle reports whether instantiating the module can have no effect but on the
// tables that it imports and the items that it exports.
func idle(m *corewasm.Module) bool {
	if m.HasStart || len(m.Data) > 0 {
		return false
	}
	for _, im := range m.Imports {
		if im.Kind == corewasm.KindMemory || im.Kind == corewasm.KindGlobal {
			return false
		}
	}
	return true
}

// needed leaves out of insts the shims, and the modules that fill them, that
// nothing calls any more. used tells whether an instance provides something
// that is still asked for.
func needed(insts []*coreInst, behind map[*coreInst]map[string]*lowered, used func(*coreInst, map[*coreInst]bool) bool) []*coreInst {
	gone := map[*coreInst]bool{}
	for shim := range behind {
		gone[shim] = true
		for _, in := range insts {
			if fills(in, shim) && idle(in.module.module) {
				gone[in] = true
			}
		}
	}
	for again := true; again; {
		again = false
		for in := range gone {
			if gone[in] && used(in, gone) {
				delete(gone, in)
				again = true
			}
		}
	}
	var kept []*coreInst
	for _, in := range insts {
		if !gone[in] {
			kept = append(kept, in)
		}
	}
	return kept
}
