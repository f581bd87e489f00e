package binary_test

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// dump writes a tree as lines of text: a line a definition with its type and
// the fields that are not zero.
func dump(c *binary.Component) string {
	var b strings.Builder
	for _, custom := range c.Customs {
		fmt.Fprintf(&b, "custom %q, %d bytes\n", custom.Name, len(custom.Data))
	}
	for _, def := range c.Defs {
		dumpNode(&b, reflect.ValueOf(def), 0)
		b.WriteByte('\n')
	}
	return b.String()
}

func dumpNode(b *strings.Builder, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		dumpNode(b, v.Elem(), depth)
	case reflect.Struct:
		b.WriteString(v.Type().Name())
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				fmt.Fprintf(b, " %s=", v.Type().Field(i).Name)
				if v.Type().Field(i).Name == "Offset" {
					fmt.Fprintf(b, "%#x", f.Int())
					continue
				}
				dumpNode(b, f, depth)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(b, "%x", v.Bytes())
			return
		}
		b.WriteByte('[')
		for i := range v.Len() {
			b.WriteByte('\n')
			b.WriteString(strings.Repeat("  ", depth+1))
			dumpNode(b, v.Index(i), depth+1)
		}
		b.WriteByte(']')
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	case reflect.Uint8:
		fmt.Fprintf(b, "%#x", v.Uint())
	default:
		fmt.Fprint(b, v.Interface())
	}
}
