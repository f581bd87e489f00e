;; A component that wholes.wat does not want: it greets numbers.
(component
  (core module $code (func (export "greet") (param i32) (result i32) (local.get 0)))
  (core instance $c (instantiate $code))
  (func (export "greet") (param "name" u32) (result u32) (canon lift (core func $c "greet"))))
