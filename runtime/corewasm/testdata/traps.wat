;; Traps in every way, at offsets that the tests know from: wasm-objdump -d traps.wasm
;; Built by: wat2wasm --debug-names traps.wat -o traps.wasm
(module $trapper
  (import "env" "host" (func $host (param i32)))
  (memory 1)
  (table 4 funcref)
  (elem (i32.const 0) $leaf)
  (type $v (func (param i32)))
  (func $leaf (param i32) (local i32)
    local.get 0
    i32.const 3
    i32.eq
    if
      unreachable
    end
    local.get 0
    i32.const 4
    i32.eq
    if
      i32.const 1
      local.get 0
      i32.const 4
      i32.sub
      i32.div_s
      drop
    end
    local.get 0
    i32.const 5
    i32.eq
    if
      i32.const -1
      i32.load offset=8
      drop
    end
    local.get 0
    i32.const 6
    i32.eq
    if
      i32.const 3
      call $host
    end
    local.get 0
    i32.const 7
    i32.eq
    if
      i32.const 0 i32.const 2
      call_indirect (type $v)
    end
    local.get 0
    i32.const 8
    i32.eq
    if
      i32.const 100000 i32.const 2 i32.const 70000
      memory.fill
    end)
  (func $mid (export "mid") (param i32)
    i32.const 7
    drop
    local.get 0
    call $leaf
    nop
    i32.const 1
    drop)
  (func (export "run") (param i32)
    nop
    loop
      i32.const 9
      drop
    local.get 0
    i32.const 0
    call_indirect (type $v)
    local.get 0
    call $mid
    end
    nop))
