package model

import "testing"

func TestGoName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"read":             "Read",
		"old-path":         "OldPath",
		"http-client":      "HTTPClient",
		"user-id":          "UserID",
		"user-ids":         "UserIDs",
		"HTTP-get":         "HTTPGet",
		"io-error":         "IOError",
		"unknown-sku":      "UnknownSKU",
		"u8":               "U8",
		"thirty-two":       "ThirtyTwo",
		"x-8bit":           "X8bit",
		"%type":            "Type",
		"would-block":      "WouldBlock",
		"fixed-length-vms": "FixedLengthVMs",
	} {
		if got := GoName(name); got != want {
			t.Errorf("GoName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestLocalName(t *testing.T) {
	t.Parallel()
	taken := func(name string) bool { return name == "ctx" || name == "abi" || name == "abi_" }
	for name, want := range map[string]string{
		"path":         "path",
		"old-path":     "oldPath",
		"request-id":   "requestID",
		"URL-of-thing": "urlOfThing",
		"type":         "type_",
		"string":       "string_",
		"len":          "len_",
		"nil":          "nil_",
		"ctx":          "ctx_",
		"abi":          "abi__",
	} {
		if got := LocalName(name, taken); got != want {
			t.Errorf("LocalName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPackageName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"host-services": "hostservices",
		"HTTP-types":    "httptypes",
		"type":          "type_",
		"string":        "string_",
		"internal":      "internal_",
		"main":          "main_",
		"my.bindings":   "mybindings",
		"2nd":           "p2nd",
	} {
		if got := packageName(name); got != want {
			t.Errorf("packageName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	s := NewScope("Host")
	for i, want := range []string{"Host_", "Host_2", "Host_3"} {
		if got := s.Take("Host"); got != want {
			t.Errorf("Host taken %d times before is %q, want %q", i+1, got, want)
		}
	}
	for i, want := range []string{"ptr", "ptr2", "ptr3"} {
		if got := s.TakeNumbered("ptr"); got != want {
			t.Errorf("ptr taken %d times before is %q, want %q", i, got, want)
		}
	}
}
