package main

import (
	"context"
	"fmt"
)

func Example() {
	fmt.Println(run(context.Background(), "."))
	// Output:
	// one_for_one
	//   b crashed
	//   b is back, restart 1 of 3
	// one_for_all
	//   b crashed
	//   c was taken down
	//   a was taken down
	//   a is back, restart 1 of 3
	//   b is back, restart 1 of 3
	//   c is back, restart 1 of 3
	// rest_for_one
	//   b crashed
	//   c was taken down
	//   b is back, restart 1 of 3
	//   c is back, restart 1 of 3
	// <nil>
}
