package validate_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
)

func component(defs ...binary.Def) *binary.Component { return &binary.Component{Defs: defs} }

func typeDef(t binary.Type) *binary.TypeDef { return &binary.TypeDef{Type: t} }

func prim(b byte) binary.ValType { return binary.ValType{Prim: b} }

func index(i uint32) binary.ValType { return binary.ValType{Index: i} }

// TestValues checks component-level values, which no tool writes yet.
func TestValues(t *testing.T) {
	t.Parallel()
	export := func(i uint32) binary.Def {
		return &binary.Export{Name: binary.ExternName{Name: fmt.Sprintf("v%d", i)}, Sort: binary.SortValue, Index: i}
	}
	one := func(typ binary.Type, bytes string) *binary.Component {
		named := &binary.Export{Name: binary.ExternName{Name: "t"}, Sort: binary.SortType}
		return component(typeDef(typ), named, &binary.Value{Type: index(1), Bytes: []byte(bytes)}, export(0))
	}
	u8, str := prim(binary.PrimU8), prim(binary.PrimString)
	none := "value section at byte 0x0: the bytes of the value are none of its type: "
	for _, test := range []struct {
		name string
		tree *binary.Component
		want string
	}{
		{"bool", one(&binary.Prim{Type: prim(binary.PrimBool)}, "\x01"), ""},
		{"bool of two", one(&binary.Prim{Type: prim(binary.PrimBool)}, "\x02"), none + "0x2 is not below 2"},
		{"s16", one(&binary.Prim{Type: prim(binary.PrimS16)}, "\x80\x80\x7e"), ""},
		{"s16 too small", one(&binary.Prim{Type: prim(binary.PrimS16)}, "\xff\xff\x7d"), none + "no number of 16 bits"},
		{"s64", one(&binary.Prim{Type: prim(binary.PrimS64)}, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"), ""},
		{"u32 too long", one(&binary.Prim{Type: prim(binary.PrimU32)}, "\xff\xff\xff\xff\x1f"), none + "no number of 32 bits"},
		{"f32", one(&binary.Prim{Type: prim(binary.PrimF32)}, "\x00\x00\xc0\x7f"), ""},
		{"f32 of another nan", one(&binary.Prim{Type: prim(binary.PrimF32)}, "\x01\x00\xc0\x7f"), none + "a NaN other than the canonical one"},
		{"char", one(&binary.Prim{Type: prim(binary.PrimChar)}, "é"), ""},
		{"char cut", one(&binary.Prim{Type: prim(binary.PrimChar)}, "\xc3"), none + "no character in UTF-8"},
		{"string", one(&binary.Prim{Type: str}, "\x02é"), ""},
		{"string cut", one(&binary.Prim{Type: str}, "\x03é"), none + "3 bytes are wanted, and 2 are left"},
		{"record", one(&binary.Record{Fields: []binary.Field{{Label: "a", Type: u8}, {Label: "b", Type: str}}}, "\x07\x01x"), ""},
		{"left over", one(&binary.Tuple{Elems: []binary.ValType{u8}}, "\x07\x01"), none + "1 bytes are left over"},
		{"variant", one(&binary.Variant{Cases: []binary.Case{{Label: "a"}, {Label: "b", Type: &u8}}}, "\x01\x07"), ""},
		{"variant beyond", one(&binary.Variant{Cases: []binary.Case{{Label: "a"}}}, "\x01"), none + "case 1 of 1"},
		{"list", one(&binary.List{Elem: u8}, "\x02\x01\x02"), ""},
		{"list that claims much", one(&binary.List{Elem: u8}, "\xff\xff\xff\xff\x0f\x02"), none + "1 bytes are wanted, and 0 are left"},
		{"flags", one(&binary.Flags{Labels: []string{"a", "b"}}, "\x03"), ""},
		{"flags beyond", one(&binary.Flags{Labels: []string{"a", "b"}}, "\x04"), none + "flags beyond its 2 labels"},
		{"option", one(&binary.Option{Elem: u8}, "\x01\x02"), ""},
		{"result", one(&binary.Result{Err: &u8}, "\x00"), ""},
		{"never used", component(&binary.Value{Type: u8, Bytes: []byte{1}}), "component section at byte 0x0: value 0 is never used: a value is used exactly once"},
		{"used twice", component(&binary.Value{Type: u8, Bytes: []byte{1}}, export(0), export(0)), "export section at byte 0x0: value 0 is used a second time: a value is used exactly once"},
		{"equal to another", component(&binary.Import{Name: binary.ExternName{Name: "v"}, Type: binary.ExternType{Sort: binary.SortValue, ValueEq: true}}), "import section at byte 0x0: a value bound to equal value 0: values that equal others are not supported, give a type instead"},
		{
			"start", component(
				typeDef(&binary.Func{Params: []binary.Field{{Label: "a", Type: u8}}, Result: &str}),
				&binary.Import{Name: binary.ExternName{Name: "f"}, Type: binary.ExternType{Sort: binary.SortFunc}},
				&binary.Import{Name: binary.ExternName{Name: "v"}, Type: binary.ExternType{Sort: binary.SortValue, Value: &u8}},
				&binary.Start{Args: []uint32{0}, Results: 1}, export(1)), "",
		},
		{
			"start with another type", component(
				typeDef(&binary.Func{Params: []binary.Field{{Label: "a", Type: u8}}}),
				&binary.Import{Name: binary.ExternName{Name: "f"}, Type: binary.ExternType{Sort: binary.SortFunc}},
				&binary.Import{Name: binary.ExternName{Name: "v"}, Type: binary.ExternType{Sort: binary.SortValue, Value: &str}},
				&binary.Start{Args: []uint32{0}}), "start section at byte 0x0: argument 0 of the start function: expected u8, found string",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := validate.Component(test.tree, nil); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestBombs checks that small files cannot ask for much work: types that stand
// for trees which are exponentially larger are refused, or looked at once.
func TestBombs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		tree  *binary.Component
		class validate.Class // 0: valid
	}{
		{"tuples of tuples", component(doubling(25, func(i uint32) binary.Type {
			return &binary.Tuple{Elems: []binary.ValType{index(i), index(i)}}
		})...), validate.ClassLimit},
		{"variants of variants", component(doubling(18, func(i uint32) binary.Type {
			v := index(i)
			return &binary.Result{OK: &v, Err: &v}
		})...), 0},
		{"lists of lists", component(doubling(200, func(i uint32) binary.Type {
			return &binary.List{Elem: index(i)}
		})...), validate.ClassLimit},
		{"resources of instances of instances", component(instances(19)...), validate.ClassLimit},
		{"few resources of instances of instances", component(instances(10)...), 0},
		{"large types compared often", component(compared(17, 2_000)...), 0},
		{"a large type imported often", component(imported(17, 1_000)...), validate.ClassLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			err := validate.Component(test.tree, nil)
			got, _ := errors.AsType[*validate.Error](err)
			if test.class == 0 && err != nil || test.class != 0 && (got == nil || got.Class != test.class) {
				t.Errorf("%v, want class %v", err, test.class)
			}
			t.Logf("%v: %v", time.Since(start), err)
		})
	}
}

// doubling gives u8 and n types, each made of the one before it.
func doubling(n int, of func(uint32) binary.Type) []binary.Def {
	defs := []binary.Def{typeDef(&binary.Prim{Type: prim(binary.PrimU8)})}
	for i := range n {
		defs = append(defs, typeDef(of(uint32(i))))
	}
	return defs
}

func exportDecl(name string, sort binary.Sort, i uint32) *binary.ExportDecl {
	return &binary.ExportDecl{Name: binary.ExternName{Name: name}, Type: binary.ExternType{Sort: sort, Index: i}}
}

// instances gives n instance types, each with two instances of the one before it,
// and imports the last one. The first has a resource type.
func instances(n int) []binary.Def {
	defs := []binary.Def{typeDef(&binary.InstanceType{Decls: []binary.Decl{exportDecl("r", binary.SortType, 0)}})}
	for i := range n {
		defs = append(defs, typeDef(&binary.InstanceType{Decls: []binary.Decl{
			&binary.Alias{Sort: binary.SortType, Target: binary.AliasOuter, Count: 1, Index: uint32(i)},
			exportDecl("a", binary.SortInstance, 0),
			exportDecl("b", binary.SortInstance, 0),
		}}))
	}
	return append(defs, &binary.Import{Name: binary.ExternName{Name: "i"}, Type: binary.ExternType{Sort: binary.SortInstance, Index: uint32(n)}})
}

// imported imports some number of functions of a type that stands for a tree of
// 2^n handles.
func imported(n, times int) []binary.Def {
	defs := []binary.Def{&binary.Import{Name: binary.ExternName{Name: "r"}, Type: binary.ExternType{Sort: binary.SortType}}}
	defs = append(defs, largeFunc(n)...)
	for i := range times {
		name := binary.ExternName{Name: fmt.Sprintf("f%d", i)}
		defs = append(defs, &binary.Import{Name: name, Type: binary.ExternType{Sort: binary.SortFunc, Index: uint32(n + 2)}})
	}
	return defs
}

// largeFunc defines a function type, at index n+2, over handles of type 0.
func largeFunc(n int) []binary.Def {
	defs := []binary.Def{typeDef(&binary.Own{Index: 0})}
	for i := range n {
		defs = append(defs, typeDef(&binary.Tuple{Elems: []binary.ValType{index(uint32(i + 1)), index(uint32(i + 1))}}))
	}
	return append(defs, typeDef(&binary.Func{Params: []binary.Field{{Label: "x", Type: index(uint32(n + 1))}}}))
}

// compared instantiates a component some number of times, with a function of a
// type that stands for a tree of 2^n handles.
func compared(n, times int) []binary.Def {
	inside := []binary.Def{
		&binary.Import{Name: binary.ExternName{Name: "r"}, Type: binary.ExternType{Sort: binary.SortType}},
	}
	inside = append(inside, largeFunc(n)...)
	inside = append(inside,
		&binary.Import{Name: binary.ExternName{Name: "f"}, Type: binary.ExternType{Sort: binary.SortFunc, Index: uint32(n + 2)}},
		&binary.Export{Name: binary.ExternName{Name: "f"}, Sort: binary.SortFunc},
	)
	defs := append([]binary.Def{&binary.NestedComponent{Component: component(inside...)}}, inside[:len(inside)-1]...)
	for range times {
		defs = append(defs, &binary.Instance{Args: []binary.Arg{
			{Name: "r", Sort: binary.SortType}, {Name: "f", Sort: binary.SortFunc},
		}})
	}
	return defs
}
