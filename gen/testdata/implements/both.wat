;; both.wasm: wasm-tools parse both.wat -o m.wasm, component embed t.wit m.wasm -o m.wasm,
;; component new m.wasm -o both.wasm.
;; A component of implements' world: a bucket of main stands for one of primary
;; and one of backup, and gives what both give together.
(module
  (import "primary" "open" (func $primary-open (param i32 i32) (result i32)))
  (import "primary" "[method]bucket.get" (func $primary-get (param i32) (result i32)))
  (import "backup" "open" (func $backup-open (param i32 i32) (result i32)))
  (import "backup" "[method]bucket.get" (func $backup-get (param i32) (result i32)))
  (import "[export]main" "[resource-new]bucket" (func $new (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "main#open") (param i32 i32) (result i32)
    (call $new (i32.add
      (i32.mul (call $primary-open (local.get 0) (local.get 1)) (i32.const 256))
      (call $backup-open (local.get 0) (local.get 1)))))
  (func (export "main#[method]bucket.get") (param i32) (result i32)
    (i32.add
      (call $primary-get (i32.div_u (local.get 0) (i32.const 256)))
      (call $backup-get (i32.rem_u (local.get 0) (i32.const 256))))))
