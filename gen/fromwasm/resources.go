package fromwasm

import (
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/wit"
)

// functionName tells how a function belongs to which resource: the name says
// "[method]bucket.get" [Explainer.md, Import and Export Definitions].
func functionName(name string) (kind wit.FuncKind, resource string) {
	rest, ok := strings.CutPrefix(name, "[")
	if !ok {
		return wit.Freestanding, ""
	}
	prefix, rest, _ := strings.Cut(rest, "]")
	resource, _, _ = strings.Cut(rest, ".")
	switch prefix {
	case "method":
		return wit.Method, resource
	case "static":
		return wit.Static, resource
	case "constructor":
		return wit.Constructor, resource
	}
	return wit.Freestanding, ""
}

// identify finds out which resource a declared name stands for from a method,
// whose first parameter borrows it, or a constructor, whose result it is.
func (s *scope) identify(name string, t *abi.FuncType) {
	var handle *abi.Type
	kind, resource := functionName(name)
	switch {
	case kind == wit.Method && len(t.Params) > 0:
		handle = t.Params[0].Type
	case kind == wit.Constructor && t.Result != nil:
		handle = t.Result
		if handle.Kind == abi.KindResult {
			handle = handle.Cases[0].Type
		}
	}
	def := s.names[resource]
	if def == nil || handle == nil || handle.Resource == nil {
		return
	}
	s.resources[handle.Resource] = def
	if s.builder.resources[handle.Resource] == nil {
		s.builder.resources[handle.Resource] = def
	}
}

// resource is the declaration of a resource that is seen from s. One without
// methods is known by its name only.
func (s *scope) resource(r *abi.Resource) *wit.TypeDef {
	for _, def := range []*wit.TypeDef{s.resources[r], s.names[r.Name], s.builder.resources[r]} {
		if def != nil {
			return def
		}
	}
	name := r.Name
	if name == "" {
		name = "resource"
	}
	return &wit.TypeDef{Name: name, Owner: s.owner, Kind: &wit.Resource{}}
}
