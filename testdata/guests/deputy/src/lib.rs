//! Hands on what it may do, as its requests say: a component for testing
//! delegations.
//!
//! A request is one command, words with a space between them, and is answered
//! with its outcome:
//!
//! - `hand <to> <lasts-ms> <kind> <action> <resource> …` hands grants on; 0 is
//!   without end, and `-` stands for no action. It answers with the number;
//! - `back <number>` takes a delegation back;
//! - `list` shows what was handed on;
//! - `log <text>` writes a line to the log, as a thing that another may need a
//!   grant for;
//! - `trap` ends the component.

wit_bindgen::generate!({
    inline: "
        package demo:deputy@1.0.0;
        world deputy {
            include airssys:core/airssys-component@1.0.0;
            include airssys:delegation/delegator@1.0.0;
        }
    ",
    path: ["../../../wit/packages/airssys-core", "../../../wit/packages/airssys-delegation"],
    world: "demo:deputy/deputy",
    generate_all,
});

use airssys::core::host_services as host;
use airssys::core::types::{ComponentError, ComponentId, ExecutionError, HealthStatus, LogLevel};
use airssys::delegation::delegation::{delegate, delegations, revoke, Grant};
use exports::airssys::core::component_lifecycle::*;

struct Deputy;
export!(Deputy);

fn run(command: &str) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["hand", to, lasts, ref grants @ ..] => {
            let grants: Vec<Grant> = grants.chunks(3).map(grant).collect();
            let lasts = lasts.parse().ok().filter(|ms| *ms > 0);
            delegate(to, &grants, lasts).map_or_else(|e| format!("{e:?}"), |id| id.to_string())
        }
        ["back", id] => revoke(id.parse().unwrap()).to_string(),
        ["list"] => delegations().iter().map(|d| format!("{} {} {} {:?};", d.id, d.to, d.grants.iter().map(text).collect::<Vec<_>>().join(", "), d.lasts_ms)).collect(),
        ["log", ..] => {
            host::log(LogLevel::Info, &command[4..], None);
            "ok".into()
        }
        ["trap"] => panic!("as it was told"),
        _ => format!("deputy knows no command {command}"),
    }
}

fn grant(words: &[&str]) -> Grant {
    Grant { kind: words[0].into(), action: words[1].trim_start_matches('-').into(), resource: words[2].into() }
}

fn text(g: &Grant) -> String {
    format!("{} {} {}", g.kind, g.action, g.resource)
}

impl Guest for Deputy {
    fn init(_: ComponentConfig) -> Result<(), ComponentError> {
        Ok(())
    }

    fn execute(operation: Vec<u8>, _: ExecutionContext) -> Result<Vec<u8>, ExecutionError> {
        Ok(run(&String::from_utf8_lossy(&operation)).into_bytes())
    }

    fn handle_message(_: ComponentId, message: Vec<u8>) -> Result<(), ComponentError> {
        run(&String::from_utf8_lossy(&message));
        Ok(())
    }

    fn handle_callback(_: String, _: Result<Vec<u8>, String>) -> Result<(), ComponentError> {
        Ok(())
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: "deputy".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Hands on what it may do, as it is told.".into(),
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
