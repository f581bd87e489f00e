;; A component whose instantiation never ends.
(component
  (core module $a
    (func $begin (loop br 0))
    (func (export "run"))
    (start $begin))
  (core instance $ia (instantiate $a))
  (func (export "run") (canon lift (core func $ia "run"))))
