package model

import (
	"testing"

	"github.com/airsstack/witgen/wit"
)

// FuzzAccess follows any text as a path: it leads somewhere or is a mistake with
// a message, and goes through nothing that is not there.
func FuzzAccess(f *testing.F) {
	fn := fuzzFunc(f)
	for _, s := range []string{"path", "options.mode", "options.tags[]", "pair.0", "where.file", "options.perms.read", "a..b", "[]", "path[][]", "pair.-1", "pair.99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, follow := range []func(string) (*Access, error){fn.Access, fn.Condition} {
			a, err := follow(text)
			if err != nil {
				if err.Error() == "" {
					t.Error("a mistake without a message")
				}
				continue
			}
			if len(a.Steps) == 0 || a.Steps[0].Kind != StepParam {
				t.Errorf("%q does not start at a parameter", text)
			}
			if a.Lists() > len(text) {
				t.Errorf("%q goes through %d lists", text, a.Lists())
			}
		}
	})
}

func fuzzFunc(f *testing.F) *Func {
	f.Helper()
	pkg := &wit.Package{Name: wit.PackageName{Namespace: "a", Name: "b"}}
	iface := &wit.Interface{Name: "c", Package: pkg}
	def := func(name string, k wit.Kind) *wit.TypeDef {
		d := &wit.TypeDef{Name: name, Owner: iface, Kind: k}
		iface.Types = append(iface.Types, d)
		return d
	}
	mode := def("mode", &wit.Enum{Cases: []wit.Label{{Name: "read"}, {Name: "write"}}})
	perms := def("perms", &wit.Flags{Flags: []wit.Label{{Name: "read"}, {Name: "write"}}})
	options := def("options", &wit.Record{Fields: []wit.Field{
		{Name: "mode", Type: &wit.Option{Elem: mode}},
		{Name: "perms", Type: perms},
		{Name: "tags", Type: &wit.List{Elem: &wit.Option{Elem: wit.String}}},
	}})
	where := def("where", &wit.Variant{Cases: []wit.Case{{Name: "file", Type: options}, {Name: "none"}}})
	iface.Funcs = []*wit.Func{{Name: "f", Params: []wit.Param{
		{Name: "path", Type: wit.String},
		{Name: "options", Type: options},
		{Name: "pair", Type: &wit.Tuple{Elems: []wit.Type{wit.String, where}}},
		{Name: "where", Type: &wit.List{Elem: &wit.List{Elem: where}}},
	}}}
	w, err := Build(&wit.World{Name: "w", Package: pkg, Imports: []wit.Item{&wit.InterfaceItem{Interface: iface}}}, Options{Root: "example.com/out"})
	if err != nil {
		f.Fatal(err)
	}
	return w.Imports[0].Package.Imports[0]
}
