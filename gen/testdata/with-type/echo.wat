;; echo.wasm: wasm-tools parse echo.wat -o m.wasm, component embed t.wit m.wasm -o m.wasm,
;; component new m.wasm -o echo.wasm.
;; A component of this world: draw asks the host's draw.
(module
  (import "demo:t/plot@0.1.0" "draw" (func $draw (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8)))))
  (func (export "demo:t/plot@0.1.0#draw") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $draw (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (i32.const 512))
    (i32.const 512)))
