//! Works on files, sockets and processes as its requests say: a component for
//! testing what hosts offer beside the worlds.
//!
//! A request is one command, words with a space between them, and is answered
//! with its outcome: `ok`, a value, or the case of the error with its text. The
//! commands are the functions of the interfaces under short names; they stand in
//! `files.rs`, `network.rs` and `process.rs`. A message is a command whose outcome
//! is logged, as `<command> -> <outcome>`.

mod files;
mod network;
mod process;

wit_bindgen::generate!({
    inline: "
        package demo:handyman@1.0.0;
        world handyman {
            include airssys:core/airssys-component@1.0.0;
            include airssys:ext-filesystem/imports@1.0.0;
            include airssys:ext-network/imports@1.0.0;
            include airssys:ext-process/imports@1.0.0;
        }
    ",
    path: [
        "../../../wit/packages/airssys-core",
        "../../../wit/packages/airssys-ext-filesystem",
        "../../../wit/packages/airssys-ext-network",
        "../../../wit/packages/airssys-ext-process",
    ],
    world: "demo:handyman/handyman",
    generate_all,
});

use airssys::core::host_services as host;
use airssys::core::types::{ComponentError, ComponentId, ExecutionError, HealthStatus, LogLevel};
use exports::airssys::core::component_lifecycle::*;

struct Handyman;
export!(Handyman);

impl Guest for Handyman {
    fn init(_: ComponentConfig) -> Result<(), ComponentError> {
        Ok(())
    }

    fn execute(operation: Vec<u8>, _: ExecutionContext) -> Result<Vec<u8>, ExecutionError> {
        run(&String::from_utf8_lossy(&operation))
            .map(String::into_bytes)
            .map_err(ExecutionError::InvalidInput)
    }

    fn handle_message(_: ComponentId, message: Vec<u8>) -> Result<(), ComponentError> {
        let command = String::from_utf8_lossy(&message).into_owned();
        if command.starts_with("process ") {
            host::log(LogLevel::Info, &command, None);
            return Ok(());
        }
        let outcome = run(&command).map_err(ComponentError::InternalError)?;
        host::log(LogLevel::Info, &format!("{command} -> {outcome}"), None);
        Ok(())
    }

    fn handle_callback(_: String, _: Result<Vec<u8>, String>) -> Result<(), ComponentError> {
        Ok(())
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: "handyman".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Works on files, sockets and processes as it is told.".into(),
            author: "witgen".into(),
            supported_operations: vec![],
            memory_requirements: MemoryRequirements {
                min_memory_bytes: 2 << 20,
                max_memory_bytes: 64 << 20,
                preferred_memory_bytes: 4 << 20,
            },
        }
    }

    fn health() -> HealthStatus {
        HealthStatus::Healthy
    }

    fn shutdown() -> Result<(), ComponentError> {
        Ok(())
    }
}

fn run(command: &str) -> Result<String, String> {
    let words: Vec<&str> = command.split(' ').collect();
    let args = Args(&words[1..]);
    match words[0] {
        "trap" => panic!("as it was told"),
        "spin" => loop {
            std::hint::spin_loop();
        },
        verb => files::run(verb, &args)
            .or_else(|| network::run(verb, &args))
            .or_else(|| process::run(verb, &args))
            .ok_or_else(|| format!("handyman knows no command `{verb}`")),
    }
}

/// The words of a command behind its verb; what is not there is empty, or zero.
struct Args<'a>(&'a [&'a str]);

impl Args<'_> {
    fn text(&self, i: usize) -> String {
        self.0.get(i).copied().unwrap_or("").into()
    }

    fn number<T: std::str::FromStr + Default>(&self, i: usize) -> T {
        self.text(i).parse().unwrap_or_default()
    }

    /// All words from one on.
    fn rest(&self, i: usize) -> String {
        self.0.get(i..).unwrap_or(&[]).join(" ")
    }

    fn list(&self, i: usize) -> Vec<String> {
        let text = self.text(i);
        text.split(',').filter(|s| !s.is_empty()).map(String::from).collect()
    }
}

/// What a call came to: `ok`, the value, or the error as Rust writes it, in one
/// line without the name of its type.
fn outcome<T, E: std::fmt::Debug>(result: Result<T, E>, show: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => {
            let text = show(value);
            if text.is_empty() { "ok".into() } else { text }
        }
        Err(e) => {
            let text = format!("{e:?}");
            text.split_once("::").map_or(text.clone(), |(_, rest)| rest.into())
        }
    }
}

fn done<E: std::fmt::Debug>(result: Result<(), E>) -> String {
    outcome(result, |()| String::new())
}

fn shown<T: ToString, E: std::fmt::Debug>(result: Result<T, E>) -> String {
    outcome(result, |v| v.to_string())
}
