;; A trap whose stack runs through two core modules.
(component
  (core module $a
    (func $inner (export "inner") unreachable))
  (core module $b
    (import "a" "inner" (func $i))
    (func $outer (export "outer") nop call $i nop))
  (core instance $ia (instantiate $a))
  (core instance $ib (instantiate $b (with "a" (instance $ia))))
  (func (export "run") (canon lift (core func $ib "outer"))))
