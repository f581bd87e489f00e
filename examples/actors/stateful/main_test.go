package main

import (
	"context"
	"fmt"
)

func Example() {
	fmt.Println(run(context.Background(), "."))
	// Output:
	// the first run
	// msg="booked 1: 12.50, total 12.50" actor=demo:ledger
	//   demo:ledger crashed of "id=2;amount=many"
	// msg="going on from 12.50" actor=demo:ledger
	//   demo:ledger is back
	// msg="booked 3: 99.00, total 111.50" actor=demo:ledger
	//   total 111.50
	// the second run
	// msg="going on from 111.50" actor=demo:ledger
	// msg="booked 4: 1.00, total 112.50" actor=demo:ledger
	//   total 112.50
	// <nil>
}
