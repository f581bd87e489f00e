;; A shim that does more than to pass calls on: it counts them.
(component
  (import "test:shim/host" (instance $host (export "say" (func (param "s" string)))))
  (core module $shim
    (type $say (func (param i32 i32)))
    (table (export "$imports") 1 1 funcref)
    (global $n (mut i32) (i32.const 0))
    (func (export "0") (type $say)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (call_indirect (type $say) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $fix
    (import "" "$imports" (table 1 1 funcref))
    (import "" "0" (func (param i32 i32)))
    
    (elem (i32.const 0) func 0))
  (core module $main
    (import "host" "say" (func $say (param i32 i32)))
    (memory (export "mem") 1)
    (data (i32.const 8) "hello")
    (func (export "run") (call $say (i32.const 8) (i32.const 5))))
  (core instance $s (instantiate $shim))
  (core instance $m (instantiate $main (with "host" (instance (export "say" (func $s "0"))))))
  (alias core export $m "mem" (core memory $mem))
  (alias core export $s "$imports" (core table $imports))
  (core func $say (canon lower (func $host "say") (memory $mem)))
  
  (core instance $f (instantiate $fix
    (with "" (instance (export "$imports" (table $imports)) (export "0" (func $say))))))
  (func (export "run") (canon lift (core func $m "run"))))
