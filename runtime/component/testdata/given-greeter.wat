;; A component for wholes.wat: greets by what it imports. It imports less and
;; exports more than wholes.wat says of it, in another order.
(component
  (import "shout" (func $shout (param "s" string) (result string)))
  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 16))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      ;; A string takes less than was asked for: it stays where it is.
      (if (i32.ge_u (local.get 1) (local.get 3)) (then (return (local.get 0))))
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core module $code
    (import "host" "shout" (func $shout (param i32 i32 i32)))
    (func (export "greet") (param i32 i32) (result i32)
      (call $shout (local.get 0) (local.get 1) (i32.const 0))
      (i32.const 0))
    (func (export "more")))
  (core instance $mem (instantiate $memory))
  (core func $lowered (canon lower (func $shout)
    (memory (core memory $mem "memory")) (realloc (core func $mem "realloc")) string-encoding=utf16))
  (core instance $c (instantiate $code (with "host" (instance (export "shout" (func $lowered))))))
  (func (export "more") (canon lift (core func $c "more")))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $c "greet") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc")) string-encoding=utf16)))
