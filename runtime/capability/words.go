package capability

import "fmt"

// verbs say what the actions of the known kinds come to.
var verbs = map[Kind]map[string]string{
	Filesystem: {
		"read": "read files", "write": "write files", "delete": "delete files", "list_dir": "list folders", "execute": "run files",
	},
	Network:   {"connect": "connect to", "bind": "bind to", "listen": "listen on"},
	Storage:   {"read": "read stored data", "write": "store data", "delete": "delete stored data", "namespace": "use the store"},
	Process:   {"spawn": "start the program", "kill": "end the program", "signal": "send signals to the program"},
	Messaging: {"send": "send messages to", "request": "send requests to", "broadcast": "send to all that listen at"},
	Import:    {"": "call all functions of"},
}

// Words says what the grant allows, for people who do not know the keys of manifests: "read files /data/**".
func (g Grant) Words() string {
	if verb := verbs[g.Kind][g.Action]; verb != "" {
		return verb + " " + g.Resource
	}
	return fmt.Sprintf("%s of the kind %s: %s", g.Action, g.Kind, g.Resource)
}
