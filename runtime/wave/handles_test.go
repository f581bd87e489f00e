package wave

import (
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
)

// Names of resources that an instance gave, which only an instance can make.
func TestHandleNames(t *testing.T) {
	t.Parallel()
	bag, jar := &abi.Resource{Name: "bag"}, &abi.Resource{Name: "jar"}
	first, second := abi.HostResource(bag, 7), abi.HostResource(bag, 8)
	h := Handles{all: []*abi.ResourceValue{first, second}}

	if got, err := Parse(abi.Borrow(bag), "$2", WithHandles(&h)); err != nil || got != abi.Value(second) {
		t.Errorf("$2 is %v, %v", got, err)
	}
	if got := Format(abi.Own(bag), second, WithHandles(&h)); got != "$2" {
		t.Errorf("the second is written %s", got)
	}
	if got := Format(abi.Own(bag), abi.HostResource(bag, 7), WithHandles(&h)); got != "$1" {
		t.Errorf("a view of the first is written %s", got)
	}
	if got := Format(abi.Own(jar), abi.HostResource(jar, 7), WithHandles(&h)); got != "jar#7" {
		t.Errorf("a view of what has no name is written %s", got)
	}
	first.Take()
	for text, want := range map[string]string{
		"$1": "column 1: $1 was given away or dropped before",
		"$3": "column 1: no resource has the name $3",
	} {
		if _, err := Parse(abi.Own(bag), text, WithHandles(&h)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := Parse(abi.Own(jar), "$2", WithHandles(&h)); err == nil || err.Error() != "column 1: $2 is a bag, expected a jar" {
		t.Errorf("a resource of another type: %v", err)
	}
}
