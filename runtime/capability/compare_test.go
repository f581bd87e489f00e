package capability_test

import (
	"fmt"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	log := capability.Point{Interface: "airssys:core/host-services@1.0.0", Func: "log", Kind: capability.Import}
	own := capability.Point{Func: "tick", Kind: capability.Import}
	send := capability.Point{Interface: "airssys:core/host-services@1.0.0", Func: "send-message", Kind: capability.Messaging, Action: "send"}
	open := capability.Point{Interface: "a:b/files", Func: "open", Kind: capability.Filesystem} // the action is an argument's
	submit := capability.Point{Interface: "a:b/printer", Func: "submit", Kind: "printer", Action: "submit"}
	grant := func(kind capability.Kind, action, resource string) capability.Grant {
		return capability.Grant{Kind: kind, Action: action, Resource: resource}
	}
	for _, test := range []struct {
		name   string
		grants []capability.Grant
		points []capability.Point
		want   string // the functions that are missing, and the indexes of what is not used
	}{
		{"nothing", nil, nil, "[] []"},
		{"all is missing", nil, []capability.Point{log, send, open, submit}, "[log send-message open submit] []"},
		{"all is unused", []capability.Grant{grant(capability.Import, "", "airssys:core/*"), grant(capability.Messaging, "send", "a:b")}, nil, "[] [0 1]"},
		{"an interface, of any version", []capability.Grant{grant(capability.Import, "", "airssys:core/host-services")}, []capability.Point{log}, "[] []"},
		{"an interface, of another version", []capability.Grant{grant(capability.Import, "", "airssys:core/host-services@2.0.0")}, []capability.Point{log}, "[log] [0]"},
		{"all of a package", []capability.Grant{grant(capability.Import, "", "airssys:core/*")}, []capability.Point{log}, "[] []"},
		{"a function of the world", []capability.Grant{grant(capability.Import, "", "tick")}, []capability.Point{own}, "[] []"},
		{"an interface is no point of its own", []capability.Grant{grant(capability.Import, "", "airssys:core/*")}, []capability.Point{send}, "[send-message] [0]"},
		{"another action", []capability.Grant{grant(capability.Messaging, "request", "a:b")}, []capability.Point{send}, "[send-message] [0]"},
		{"any action", []capability.Grant{grant(capability.Filesystem, "write", "/data/**")}, []capability.Point{open}, "[] []"},
		{"a kind of one's own", []capability.Grant{grant("printer", "submit", "office:*"), grant("printer", "cancel", "office:*")}, []capability.Point{submit}, "[] [1]"},
	} {
		missing, unused := capability.Compare(test.grants, test.points)
		names := []string{}
		for _, p := range missing {
			names = append(names, p.Func)
		}
		if got := fmt.Sprint(names, unused); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
