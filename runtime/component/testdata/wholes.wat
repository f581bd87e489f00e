;; What is imported whole: a component and a core module at the root, a core
;; module within an imported instance that stands within another one. And
;; functions that are exported as they were imported, by themselves and in the
;; instance that they came in.
(component
  (import "shout" (func $shout (param "s" string) (result string)))
  (import "host" (instance $host
    (export "plain" (func (param "x" u32) (result u32)))
    (export "many" (func
      (param "a" u64) (param "b" u64) (param "c" u64) (param "d" u64) (param "e" u64) (param "f" u64)
      (param "g" u64) (param "h" u64) (param "i" u64) (param "j" u64) (param "k" u64) (param "l" u64)
      (param "m" u64) (param "n" u64) (param "o" u64) (param "p" string)
      (result (tuple u64 string))))
    (export "thing" (type $thing (sub resource)))
    (export "make" (func (param "x" u32) (result (own $thing))))
    (export "look" (func (param "t" (borrow $thing)) (result u32)))
    (export "take" (func (param "t" (list (own $thing))) (result u32)))
    (export "inner" (instance
      (export "half" (func (param "x" u32) (result u32)))
      (export "m" (core module (export "answer" (func (result i32)))))))))
  (import "greeter" (component $greeter
    (import "shout" (func (param "s" string) (result string)))
    (export "greet" (func (param "name" string) (result string)))))
  (import "adder" (core module $adder (export "add" (func (param i32 i32) (result i32)))))

  (instance $g (instantiate $greeter (with "shout" (func $shout))))
  (core instance $a (instantiate $adder))
  (alias export $host "inner" (instance $inner))
  (alias export $inner "m" (core module $m))
  (core instance $answers (instantiate $m))

  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $a "add")))
  (func (export "answer") (result u32) (canon lift (core func $answers "answer")))
  (export "greet" (func $g "greet"))
  (export "shout-again" (func $shout))
  (export "again" (instance $host)))
