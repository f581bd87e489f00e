package main

import (
	"log"
	"os"
)

// The program finds its data from the top of the repository, where people run it.
func Example() {
	if err := os.Chdir("../.."); err != nil {
		log.Fatal(err)
	}
	main()
	// Output:
	// catalogue()
	//     asked to read /data/prices.csv: allowed
	//   = [{SKU:A-1 Name:Assam tea Price:{Cents:1250 Currency:EUR} Stock:40 Weight:0.25 Grade:65} {SKU:B-7 Name:Ceylon tea Price:{Cents:990 Currency:EUR} Stock:12 Weight:0.5 Grade:66} {SKU:C-3 Name:Samovar Price:{Cents:9900 Currency:EUR} Stock:3 Weight:4.2 Grade:65}]
	// quote(3 × A-1 by express to zone 2)
	//     asked to read /data/prices.csv: allowed
	//   = {Total:{Cents:4488 Currency:EUR} Lines:[{F0:3 × Assam tea F1:3750} {F0:coupon OFF-15 F1:-562} {F0:express F1:900} {F0:to zone 2 F1:400}] Weight:0.75 Extras:{express}}
	// quote(1 × X-0)
	//     asked to read /data/prices.csv: allowed
	//   = unknown-sku: X-0
	// is-open(19, [(9, 12), (14, 20)])
	//   = true
	// label('B', 7, true)
	//   = grade B · zone 7 · fragile
	// sizes(prices.csv, gone.csv)
	//     asked to read /data/prices.csv: allowed
	//     asked to read /data/gone.csv: allowed
	//   = [ok(112) err(not-found: /data/gone.csv)]
	// snoop()
	//     asked to read /secrets/key.txt: DENIED
	//   = permission-denied: read: filesystem read /secrets/key.txt is not granted
}
