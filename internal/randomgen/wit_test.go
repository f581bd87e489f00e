package randomgen_test

import (
	"fmt"
	"strings"

	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
)

// The names of the interfaces, as synth.Interfaces has their functions.
const (
	imported = "demo:random/host"
	exported = "demo:random/roundtrip"
)

// witText is the WIT of the world random. Both of its interfaces declare every type with
// a name for themselves.
func witText(funcs []synth.Func, named []*abi.Type) string {
	var b strings.Builder
	iface := func(name string, prefixes ...string) {
		fmt.Fprintf(&b, "interface %s {\n", name)
		for _, t := range named {
			declare(&b, t)
		}
		for _, f := range funcs {
			for _, prefix := range prefixes {
				fmt.Fprintf(&b, "  %s%s: func(%s) -> %s;\n", prefix, f.Name, members(f.Type.Params), typeName(f.Type.Result))
			}
		}
		b.WriteString("}\n")
	}
	b.WriteString("package demo:random;\n")
	iface("host", "echo-")
	iface("roundtrip", "echo-", "via-host-")
	b.WriteString("world random {\n  import host;\n  export roundtrip;\n}\n")
	return b.String()
}

// declare writes the declaration of a type. Labels are written with %, which
// makes keywords of WIT identifiers as well.
func declare(b *strings.Builder, t *abi.Type) {
	fmt.Fprintf(b, "  %s %%%s { ", t.Kind, t.Name)
	switch t.Kind {
	case abi.KindRecord:
		b.WriteString(members(t.Fields))
	case abi.KindFlags:
		for _, l := range t.Labels {
			b.WriteString("%" + l + ", ")
		}
	default:
		for _, c := range t.Cases {
			b.WriteString("%" + c.Label)
			if c.Type != nil {
				b.WriteString("(" + typeName(c.Type) + ")")
			}
			b.WriteString(", ")
		}
	}
	b.WriteString(" }\n")
}

func members(fields []abi.Field) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = "%" + f.Label + ": " + typeName(f.Type)
	}
	return strings.Join(out, ", ")
}

func typeName(t *abi.Type) string {
	switch t.Kind {
	case abi.KindRecord, abi.KindVariant, abi.KindEnum, abi.KindFlags:
		return "%" + t.Name
	case abi.KindList:
		return "list<" + typeName(t.Elem) + ">"
	case abi.KindFixedList:
		return fmt.Sprintf("list<%s, %d>", typeName(t.Elem), t.Len)
	case abi.KindMap:
		return "map<" + typeName(t.Elem.Fields[0].Type) + ", " + typeName(t.Elem.Fields[1].Type) + ">"
	case abi.KindOption:
		return "option<" + typeName(t.Elem) + ">"
	case abi.KindTuple:
		elems := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			elems[i] = typeName(f.Type)
		}
		return "tuple<" + strings.Join(elems, ", ") + ">"
	case abi.KindResult:
		return resultName(t.Cases[0].Type, t.Cases[1].Type)
	default:
		return t.Kind.String()
	}
}

func resultName(ok, err *abi.Type) string {
	switch {
	case ok == nil && err == nil:
		return "result"
	case err == nil:
		return "result<" + typeName(ok) + ">"
	case ok == nil:
		return "result<_, " + typeName(err) + ">"
	}
	return "result<" + typeName(ok) + ", " + typeName(err) + ">"
}
