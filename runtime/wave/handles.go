package wave

import (
	"strconv"

	"github.com/airsstack/witgen/runtime/abi"
)

// Handles names the resources of a session, so that text can speak of them:
// "$1", "$2", in the order in which Format met them. The zero value is empty
// and ready. It is used by one goroutine at a time.
type Handles struct{ all []*abi.ResourceValue }

// All are the resources that have names, in order: the first is "$1".
func (h *Handles) All() []*abi.ResourceValue { return h.all }

// Get is the resource of a name with its dollar sign, nil where there is none.
func (h *Handles) Get(name string) *abi.ResourceValue {
	for i, v := range h.all {
		if name == handleName(i) {
			return v
		}
	}
	return nil
}

// name is the name of a resource; one that is new gets the next name. A value
// that an instance did not give, one for looking only, has the name of the
// resource that it shows, or "".
func (h *Handles) name(v *abi.ResourceValue) string {
	for i := len(h.all) - 1; i >= 0; i-- {
		known := h.all[i]
		if known == v || v.Home() == nil && known.Resource == v.Resource && known.Rep == v.Rep {
			return handleName(i)
		}
	}
	if v.Home() == nil {
		return ""
	}
	h.all = append(h.all, v)
	return handleName(len(h.all) - 1)
}

func handleName(i int) string { return "$" + strconv.Itoa(i+1) }
