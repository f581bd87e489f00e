package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Decode reads the JSON that wasm-tools writes of resolved WIT.
func Decode(text []byte) (*Tree, error) {
	var raw rawResolve
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	t := &Tree{}
	for _, p := range raw.Packages {
		t.Packages = append(t.Packages, Package{Name: p.Name, Docs: p.Docs.Contents, Interfaces: p.Interfaces.indexes(), Worlds: p.Worlds.indexes()})
	}
	for _, i := range raw.Interfaces {
		out := Interface{Name: i.Name, Docs: i.Docs.Contents, Stability: i.Stability.String(), Package: i.Package, Types: i.Types.indexes()}
		for _, f := range i.Functions {
			out.Funcs = append(out.Funcs, function(f.Value))
		}
		t.Interfaces = append(t.Interfaces, out)
	}
	for _, w := range raw.Worlds {
		t.Worlds = append(t.Worlds, World{
			Name: w.Name, Docs: w.Docs.Contents, Stability: w.Stability.String(), Package: w.Package,
			Imports: items(w.Imports), Exports: items(w.Exports),
		})
	}
	for _, d := range raw.Types {
		t.Types = append(t.Types, typeDef(d))
	}
	return t, nil
}

type rawResolve struct {
	Packages []struct {
		Name               string
		Docs               rawDocs
		Interfaces, Worlds object
	}
	Interfaces []struct {
		Name      string
		Docs      rawDocs
		Stability rawStability
		Package   int
		Types     object
		Functions object
	}
	Worlds []struct {
		Name             string
		Docs             rawDocs
		Stability        rawStability
		Package          int
		Imports, Exports object
	}
	Types []rawType
}

type rawDocs struct{ Contents string }

type rawStability struct {
	Stable   *struct{ Since, Deprecated string }
	Unstable *struct{ Feature, Deprecated string }
}

func (s rawStability) String() string {
	switch {
	case s.Stable != nil:
		return StabilityString(s.Stable.Since, "", s.Stable.Deprecated)
	case s.Unstable != nil:
		return StabilityString("", s.Unstable.Feature, s.Unstable.Deprecated)
	}
	return ""
}

// StabilityString writes gates as a dump has them.
func StabilityString(since, feature, deprecated string) string {
	s := ""
	if since != "" {
		s += " @since " + since
	}
	if feature != "" {
		s += " @unstable " + feature
	}
	if deprecated != "" {
		s += " @deprecated " + deprecated
	}
	return s
}

// External writes an external id as a dump has it.
func External(id string) string {
	if id == "" {
		return ""
	}
	return " @external-id " + id
}

// An object is a JSON object in order.
type object []struct {
	Key   string
	Value json.RawMessage
}

func (o *object) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		entry := struct {
			Key   string
			Value json.RawMessage
		}{Key: key.(string)}
		if err := dec.Decode(&entry.Value); err != nil {
			return err
		}
		*o = append(*o, entry)
	}
	return nil
}

func (o object) indexes() []int {
	out := []int{}
	for _, e := range o {
		out = append(out, index(e.Value))
	}
	return out
}

func must[T any](text json.RawMessage) (out T) {
	if err := json.Unmarshal(text, &out); err != nil {
		panic(fmt.Sprintf("oracle: %v in %s", err, text))
	}
	return out
}

func index(text json.RawMessage) int { return must[int](text) }

func ref(text json.RawMessage) *Ref {
	switch {
	case len(text) == 0 || string(text) == "null":
		return nil
	case text[0] == '"':
		return &Ref{Prim: must[string](text)}
	}
	return &Ref{Index: index(text)}
}

func items(o object) []Item {
	out := []Item{}
	for _, e := range o {
		it := Item{Name: e.Key, Interface: -1, Type: -1}
		one := must[struct {
			Interface *struct {
				ID         int
				Stability  rawStability
				ExternalID string `json:"external_id"`
				Docs       rawDocs
			}
			Function json.RawMessage
			Type     *int
		}](e.Value)
		switch {
		case one.Interface != nil:
			it.Interface, it.Stability, it.Docs = one.Interface.ID, one.Interface.Stability.String(), one.Interface.Docs.Contents
			it.External = External(one.Interface.ExternalID)
		case one.Type != nil:
			it.Type = *one.Type
		default:
			f := function(one.Function)
			it.Func = &f
		}
		out = append(out, it)
	}
	return out
}

func function(text json.RawMessage) Func {
	raw := must[struct {
		Name       string
		Docs       rawDocs
		Stability  rawStability
		ExternalID string `json:"external_id"`
		Kind       json.RawMessage
		Params     []struct {
			Name string
			Type json.RawMessage
		}
		Result json.RawMessage
	}](text)
	f := Func{Name: raw.Name, Docs: raw.Docs.Contents, Stability: raw.Stability.String(), External: External(raw.ExternalID), Result: ref(raw.Result)}
	if raw.Kind[0] == '"' {
		f.Kind = must[string](raw.Kind)
	} else {
		o := must[object](raw.Kind)
		f.Kind, f.Resource = o[0].Key, &Ref{Index: index(o[0].Value)}
	}
	for _, p := range raw.Params {
		f.Params = append(f.Params, Member{Name: p.Name, Type: ref(p.Type)})
	}
	return f
}

type rawType struct {
	Name       string
	Docs       rawDocs
	Stability  rawStability
	ExternalID string `json:"external_id"`
	Owner      *struct{ Interface, World *int }
	Kind       json.RawMessage
}

type rawMember struct {
	Name string
	Docs rawDocs
	Type json.RawMessage
}

func typeDef(raw rawType) Type {
	t := Type{Name: raw.Name, Docs: raw.Docs.Contents, Stability: raw.Stability.String(), External: External(raw.ExternalID), Interface: -1, World: -1}
	if raw.Owner != nil && raw.Owner.Interface != nil {
		t.Interface = *raw.Owner.Interface
	}
	if raw.Owner != nil && raw.Owner.World != nil {
		t.World = *raw.Owner.World
	}
	if raw.Kind[0] == '"' {
		t.Kind = must[string](raw.Kind)
		return t
	}
	one := must[object](raw.Kind)[0]
	t.Kind = one.Key
	switch t.Kind {
	case "type":
		t.Kind, t.Elem = "alias", ref(one.Value)
	case "handle":
		h := must[object](one.Value)[0]
		t.Kind, t.Elem = h.Key, ref(h.Value)
	case "record", "variant", "enum", "flags":
		body := must[struct{ Fields, Cases, Flags []rawMember }](one.Value)
		for _, m := range append(append(body.Fields, body.Cases...), body.Flags...) {
			t.Members = append(t.Members, Member{Name: m.Name, Docs: m.Docs.Contents, Type: ref(m.Type)})
		}
	case "tuple":
		for _, e := range must[struct{ Types []json.RawMessage }](one.Value).Types {
			t.Members = append(t.Members, Member{Type: ref(e)})
		}
	case "result":
		body := must[struct{ OK, Err json.RawMessage }](one.Value)
		t.Elem, t.Err = ref(body.OK), ref(body.Err)
	case "map":
		body := must[[2]json.RawMessage](one.Value)
		t.Elem, t.Err = ref(body[0]), ref(body[1])
	case "fixed-length-list":
		body := must[[2]json.RawMessage](one.Value)
		t.Elem, t.Len = ref(body[0]), index(body[1])
	default:
		t.Elem = ref(one.Value)
	}
	return t
}
