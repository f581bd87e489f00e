package main

import (
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
)

// An ability is something that a component may be able to do, in the words of
// the summary. It has it by a capability point of kind, or by a function of an
// interface of packages that is guarded as a whole: any, or one of functions. An
// ability without words is of no consequence.
type ability struct {
	words     string
	kind      capability.Kind
	packages  []string
	functions []string
}

// Abilities that are named in several places.
const (
	toMessage = "message other components"
	toFiles   = "use files"
	toNetwork = "use the network"
	toProcess = "start processes"
	toHandOn  = "hand on what it may do to other components"
)

// grave are the abilities whose absence is worth a word.
var grave = []string{toMessage, toFiles, toNetwork, toProcess}

// abilities are those that are known, in the order of the summary.
var abilities = []ability{
	{words: "write logs", packages: []string{"airssys:core"}, functions: []string{"log"}},
	{words: "read the clock", packages: []string{"airssys:core"}, functions: []string{"current-time-millis", "sleep-millis"}},
	{words: "see which components run", packages: []string{"airssys:core"}, functions: []string{"list-components", "get-component-metadata"}},
	{words: "", packages: []string{"airssys:core"}}, // calling off its own requests
	{words: "read its arguments and environment", packages: []string{"wasi:cli"}},
	{words: "read the clock", packages: []string{"wasi:clocks"}},
	{words: "draw random numbers", packages: []string{"wasi:random"}},
	{words: "", packages: []string{"wasi:io"}}, // streams that others hand out
	{words: toMessage, kind: capability.Messaging},
	{words: "keep data in a store", kind: capability.Storage, packages: []string{"wasi:keyvalue"}},
	{words: toFiles, kind: capability.Filesystem, packages: []string{"wasi:filesystem"}},
	{words: toNetwork, kind: capability.Network, packages: []string{"wasi:sockets", "wasi:http"}},
	{words: toProcess, kind: capability.Process},
	{words: "publish and listen by topic", kind: "topic", packages: []string{"airssys:topics"}},
	{words: toHandOn, kind: "delegation"},
	{words: "", packages: []string{"airssys:delegation"}}, // its own delegations, which it lists and takes back
}

// gives tells whether a need of a function comes down to the ability.
func (a ability) gives(n need, pkg, function string) bool {
	if n.Kind != capability.Import {
		return n.Kind == a.kind
	}
	return slices.Contains(a.packages, pkg) && (a.functions == nil || slices.Contains(a.functions, function))
}

// summarize says in words what the imports come down to.
func (w *inspectedWorld) summarize() {
	could := map[string]bool{}
	w.Could, w.Cannot, w.Unknown = []string{}, []string{}, []string{}
	for _, item := range w.Imports {
		for _, f := range item.Functions {
			for _, n := range f.Needs {
				w.count(could, n, item, f.Name)
			}
		}
	}
	for _, a := range abilities {
		if could[a.words] && a.words != "" && !slices.Contains(w.Could, a.words) {
			w.Could = append(w.Could, a.words)
		}
	}
	for _, words := range grave {
		if !could[words] {
			w.Cannot = append(w.Cannot, words)
		}
	}
}

// count notes what one check gives access to.
func (w *inspectedWorld) count(could map[string]bool, n need, item inspectedItem, function string) {
	for _, a := range abilities {
		if a.gives(n, packageOf(item.Name), function) {
			could[a.words] = true
			return
		}
	}
	unknown := unversioned(item.Name)
	if n.Kind != capability.Import {
		unknown = string(n.Kind)
	}
	if !slices.Contains(w.Unknown, unknown) {
		w.Unknown = append(w.Unknown, unknown)
	}
}

// summary is the last line of the report.
func (w *inspectedWorld) summary() string {
	could := slices.Clone(w.Could)
	if len(w.Unknown) > 0 {
		could = append(could, "whatever the host lets it do through "+strings.Join(w.Unknown, ", "))
	}
	s := "it could: nothing but compute."
	if len(could) > 0 {
		s = "it could: " + strings.Join(could, ", ") + "."
	}
	if len(w.Cannot) == 0 {
		return s
	}
	by := ""
	if len(w.Unknown) > 0 {
		by = " by itself"
	}
	return s + " It cannot" + by + ": " + strings.Join(w.Cannot, ", ") + "."
}
