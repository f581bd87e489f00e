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
// exports. fillers are the instances that import an instance's table.
func seeThrough(insts []*coreInst, fillers map[*coreInst][]*coreInst) map[*coreInst]map[string]*lowered {
	slots := map[*coreModule]map[string]int32{}
	found := map[*coreInst]map[string]*lowered{}
	for _, shim := range insts {
		if len(fillers[shim]) == 0 {
			continue
		}
		exports, known := slots[shim.module]
		if !known {
			exports = shimSlots(shim.module)
			slots[shim.module] = exports
		}
		table := filled(fillers[shim])
		behind := map[string]*lowered{}
		for name, slot := range exports {
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

// fillers gives, for each instance, those whose first table is one of its own.
func fillers(insts []*coreInst) map[*coreInst][]*coreInst {
	found := map[*coreInst][]*coreInst{}
	for _, in := range insts {
		tables := importsOf(in.module.module, corewasm.KindTable)
		if len(tables) == 0 {
			continue
		}
		if item, _ := in.argument(tables[0]); item.inst != nil {
			found[item.inst] = append(found[item.inst], in)
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

// filled gives the lowered functions that the instances put into the table that
// is the first of each, by slot; nil where something else may happen to it.
func filled(fillers []*coreInst) map[int32]*lowered {
	slots := map[int32]*lowered{}
	for _, in := range fillers {
		m := in.module.module
		funcs := importsOf(m, corewasm.KindFunc)
		for _, seg := range m.Elements {
			base, ok := seg.Offset.I32()
			if seg.Mode != corewasm.Active || seg.Table != 0 || !ok {
				return nil
			}
			for i, f := range seg.Funcs {
				if !seg.IsFunc(i) || int(f) >= len(funcs) {
					return nil
				}
				if item, ok := in.argument(funcs[f]); ok && item.low != nil {
					slots[base+int32(i)] = item.low
				}
			}
		}
	}
	return slots
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
// nothing calls any more. takes are the instances that an instance takes items
// of, asked those that are asked for from outside.
func needed(insts []*coreInst, shims map[*coreInst]map[string]*lowered, fillers, takes map[*coreInst][]*coreInst, asked []*coreInst) []*coreInst {
	gone := map[*coreInst]bool{}
	for shim := range shims {
		gone[shim] = true
		for _, in := range fillers[shim] {
			if idle(in.module.module) {
				gone[in] = true
			}
		}
	}
	for _, in := range insts {
		if !gone[in] {
			asked = append(asked, takes[in]...)
		}
	}
	for len(asked) > 0 {
		in := asked[len(asked)-1]
		asked = asked[:len(asked)-1]
		if gone[in] {
			delete(gone, in)
			asked = append(append(asked, takes[in]...), fillers[in]...)
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
