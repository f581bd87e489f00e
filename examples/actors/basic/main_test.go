package main

import (
	"context"
	"fmt"
)

func Example() {
	fmt.Println(run(context.Background(), "."))
	// Output:
	// counted 3
	// demo:counter is ready and has handled 4
	// <nil>
}
