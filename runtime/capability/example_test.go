package capability_test

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/capability"
)

func ExampleGuard_Check() {
	points := []capability.Point{{Interface: "demo:shop/files@0.1.0", Func: "read", Kind: capability.Filesystem, Action: "read"}}
	guard, err := capability.NewGuard("shop:pricing", []capability.Grant{
		{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"},
	}, points)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/data/prices.csv", "/database/keys", "/data/../etc/passwd"} {
		if _, denial := guard.Check(0, "", path); denial != nil {
			fmt.Println(denial)
			fmt.Println("  because", denial.Reason)
			fmt.Println("  granted", denial.Granted())
			continue
		}
		fmt.Println(path, "may be read")
	}
	// Output:
	// /data/prices.csv may be read
	// read: filesystem read /database/keys is not granted
	//   because no grant covers it
	//   granted [filesystem read /data/**]
	// read: filesystem read /data/../etc/passwd is not granted
	//   because it holds "." or ".."
	//   granted [filesystem read /data/**]
}
