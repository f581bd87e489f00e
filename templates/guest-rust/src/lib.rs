//! A component of the world example:hello/hello.

wit_bindgen::generate!({ path: "wit", world: "hello" });

use example::hello::host;

struct Hello;
export!(Hello);

impl Guest for Hello {
    fn greet(name: String) -> String {
        host::log(&format!("greeting {name}"));
        format!("Hello, {name}!")
    }
}
