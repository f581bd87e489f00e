package capability

import "strings"

// Kind is a kind of resource. Kinds other than the constants are allowed; their resources are names joined by ":" and "/".
type Kind string

// The kinds whose resources have a form of their own.
const (
	Filesystem Kind = "filesystem" // files and directories by absolute path
	Network    Kind = "network"    // endpoints, host:port
	Storage    Kind = "storage"    // keys and namespaces of key-value storage
	Process    Kind = "process"    // programs that may be started or signalled
	Messaging  Kind = "messaging"  // actors by address
	Import     Kind = "import"     // a whole imported interface; it has no actions
)

// Grant allows one action on the resources that a pattern matches.
type Grant struct {
	Kind     Kind
	Action   string // what may be done, in the words of the kind: "read", "send"; empty for Import
	Resource string // a pattern; see the package's doc
}

// String gives the grant as people read it: "messaging send orders:ledger".
func (g Grant) String() string { return describe(g.Kind, g.Action, g.Resource) }

// Allows says whether the grant, held by the component at an address, covers an action on a resource.
func (g Grant) Allows(subject string, kind Kind, action, resource string) bool {
	if g.own() {
		g.Resource = strings.ReplaceAll(g.Resource, ownID, subject)
	}
	p, err := ParsePattern(g.Kind, g.Resource)
	return err == nil && g.Kind == kind && g.Action == action && p.Match(resource)
}

// Point is one check in one imported function.
type Point struct {
	Interface string // "airssys:core/host-services@1.0.0"; "" for a function of the world itself
	Func      string // its WIT name: "send-message"
	Kind      Kind
	Action    string // "" when each demand carries its own
}

// String gives the function that the point stands in: "airssys:core/host-services@1.0.0#send-message".
func (p Point) String() string {
	if p.Interface == "" {
		return p.Func
	}
	return p.Interface + "#" + p.Func
}

// importName is what a grant of kind Import must match for the point: the interface, or the name of a function of the world itself.
func (p Point) importName() string {
	if p.Interface == "" {
		return p.Func
	}
	return p.Interface
}

// Demand is what one call asks of one point.
type Demand struct {
	Point    int    // index among the host function's own points
	Action   string // "" for the point's own
	Resource string // may be a view of guest memory, valid only during the check: clone it to keep it
}

func describe(kind Kind, action, resource string) string {
	words := []string{string(kind)}
	for _, w := range []string{action, resource} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
