;; A start function that calls an import through the shim, before the memory of
;; its options exists.
(component
  (import "test:shim/host" (instance $host (export "say" (func (param "s" string)))))
  (core module $shim
    (type $say (func (param i32 i32)))
    (table (export "$imports") 1 1 funcref)
    (func (export "0") (type $say)
      (call_indirect (type $say) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $fix
    (import "" "$imports" (table 1 1 funcref))
    (import "" "0" (func (param i32 i32)))
    (elem (i32.const 0) func 0))
  (core module $main
    (import "host" "say" (func $say (param i32 i32)))
    (memory (export "mem") 1)
    (func $begin (call $say (i32.const 8) (i32.const 5)))
    (start $begin))
  (core instance $s (instantiate $shim))
  (core instance $m (instantiate $main (with "host" (instance (export "say" (func $s "0"))))))
  (alias core export $m "mem" (core memory $mem))
  (alias core export $s "$imports" (core table $imports))
  (core func $say (canon lower (func $host "say") (memory $mem)))
  (core instance $f (instantiate $fix
    (with "" (instance (export "$imports" (table $imports)) (export "0" (func $say)))))))
