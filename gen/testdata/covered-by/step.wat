;; step.wasm: wasm-tools parse step.wat -o m.wasm, component embed t.wit m.wasm -o m.wasm,
;; component new m.wasm -o step.wasm.
;; A component of this world: step opens (0) and gives the handle, reads (1) and
;; gives 0, or 1 for an error, or closes (2).
(module
  (import "demo:t/fs@0.1.0" "open" (func $open (param i32 i32 i32 i32)))
  (import "demo:t/fs@0.1.0" "read" (func $read (param i64 i64 i32)))
  (import "demo:t/fs@0.1.0" "close" (func $close (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "/a")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "step") (param $what i32) (param $handle i64) (result i64)
    (if (i32.eqz (local.get $what)) (then
      (call $open (i32.const 16) (i32.const 2) (i32.const 0) (i32.const 512))
      (return (i64.load (i32.const 520)))))
    (if (i32.eq (local.get $what) (i32.const 1)) (then
      (call $read (local.get $handle) (i64.const 1) (i32.const 512))
      (return (i64.load8_u (i32.const 512)))))
    (call $close (local.get $handle))
    (i64.const 0)))
