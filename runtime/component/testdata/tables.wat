;; Three core instances with two tables: `a` grows the first one's own, `b` the
;; second one's, `c` the first one's from a module that imports it.
(component
  (core module $one
    (table (export "t") 10 externref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0))))
  (core module $two
    (table 20 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))
  (core module $three
    (import "one" "t" (table 10 externref))
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0))))
  (core instance $a (instantiate $one))
  (core instance $b (instantiate $two))
  (core instance $c (instantiate $three (with "one" (instance $a))))
  (func (export "a") (param "n" u32) (result s32) (canon lift (core func $a "grow")))
  (func (export "b") (param "n" u32) (result s32) (canon lift (core func $b "grow")))
  (func (export "c") (param "n" u32) (result s32) (canon lift (core func $c "grow"))))
