;; A start function that calls an import and keeps what it answers.
(component
  (import "tick" (func $tick (param "a" u64) (result u64)))
  (core func $tick (canon lower (func $tick)))
  (core module $m
    (import "host" "tick" (func $tick (param i64) (result i64)))
    (global $begun (mut i64) (i64.const 0))
    (func $begin (global.set $begun (call $tick (i64.const 0))))
    (func (export "begun") (result i64) (global.get $begun))
    (start $begin))
  (core instance $i (instantiate $m (with "host" (instance (export "tick" (func $tick))))))
  (func (export "begun") (result u64) (canon lift (core func $i "begun"))))
