;; Nested components, instances, aliases, imports and exports with attributes.
;; Built by: wasm-tools parse define.wat -o define.wasm
(component
  (import "a:b/c@1.0.0" (instance $imp (type 0)))
  (import "main" (implements "a:b/c@1.0.0") (external-id "db-7") (func $f (type 1)))
  (component $inner
    (alias outer 1 2 (type))
    (alias outer 1 0 (component))
    (import "x" (type (eq 0)))
  )
  (instance $n (instantiate $inner (with "x" (type 2)) (with "m" (core module 0))))
  (instance (export "f" (func $f)) (export "n" (instance $n)))
  (alias export $imp "t" (type))
  (alias outer 0 0 (core module))
  (export "out" (func $f))
  (export "typed" (instance $n) (instance (type 0)))
)
