;; A start function that calls an import once its memory exists.
(component
  (import "test:shim/host" (instance $host (export "say" (func (param "s" string)))))
  (core module $memory
    (memory (export "mem") 1)
    (data (i32.const 8) "hello"))
  (core module $main
    (import "host" "say" (func $say (param i32 i32)))
    (func $begin (call $say (i32.const 8) (i32.const 5)))
    (start $begin))
  (core instance $mi (instantiate $memory))
  (core func $say (canon lower (func $host "say") (memory (core memory $mi "mem"))))
  (core instance (instantiate $main (with "host" (instance (export "say" (func $say)))))))
