// Package meter holds where a guest pays fuel and how much, and the code that
// makes it pay. It does not decide how much fuel there is: when a guest has used
// up what it was given it calls a host function, and that decides.
//
// Code is divided into regions: each loop's own, and the rest of the function.
// A region is paid for when it is entered: at the function's entry, and before
// each branch back to the loop's head. So the first round of a loop is paid for
// with what is around it, and a loop that ends in its first round pays nothing by
// itself. The price is that of the most expensive way through the region, so that
// a guest never runs an instruction that is not paid for, and a choice costs its
// dearest branch and not all of them. A short function without loops pays nothing
// by itself: the region that calls it does, but the host does not. Bulk
// instructions pay by length besides, before they run; memory.grow and table.grow
// after they have succeeded.
//
// Prices depend on the code and its data alone: the same input costs the same
// fuel on every machine.
package meter
