;; A component whose instantiation traps, after it has taken memory.
(component
  (core module $a
    (memory (export "mem") 2)
    (func (export "run")))
  (core module $b
    (import "a" "mem" (memory 1))
    (func $begin (i32.store (i32.const 0) (i32.const 1)) unreachable)
    (start $begin))
  (core instance $ia (instantiate $a))
  (core instance $ib (instantiate $b (with "a" (instance $ia))))
  (func (export "run") (canon lift (core func $ia "run"))))
