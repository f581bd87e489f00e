//! Does what it is told and logs what came of it: a component for testing hosts.
//!
//! A message is one command, words with a space between them:
//!
//! ```text
//! log LEVEL TEXT KEY=VALUE…   logs that; the text ends before the first KEY=VALUE
//! time                        current-time-millis
//! sleep MS                    sleep-millis
//! list                        list-components, sorted
//! meta NS:NAME                get-component-metadata
//! send NS:NAME TEXT           send-message
//! request NS:NAME TEXT MS     send-request
//! cancel ID                   cancel-request
//! whoami                      the sender of this message
//! config                      what init was given
//! health STATE                what `health` answers from now on
//! grow BYTES                  allocates that much, and frees it
//! fail CASE TEXT              answers with that component-error
//! trap                        logs `traps now` and executes an `unreachable`
//! spin                        logs `spins now` and never ends
//! ```
//!
//! A request is the same, answered with the outcome in place of logging it; and
//!
//! ```text
//! context                     the request's id, its timeout and who asks
//! ```
//!
//! What came of it is logged at info as `<command> -> <outcome>`, but for the
//! commands that log, answer or end otherwise: `log`, `fail`, `trap`, `spin`.
//! The configuration may ask `init` for more: `{"refuse": "why"}`,
//! `{"trap": true}`, `{"spin": true}`; whatever else is in it is only kept.

use std::cell::{Cell, RefCell};

use serde::Deserialize;

wit_bindgen::generate!({
    path: "../../../wit/packages/airssys-core",
    world: "airssys-component",
});

use airssys::core::host_services::{self as host, MessagingError};
use airssys::core::types::{ComponentError, ComponentId, ExecutionError, HealthStatus, LogLevel};
use exports::airssys::core::component_lifecycle::*;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Script {
    refuse: Option<String>,
    trap: bool,
    spin: bool,
}

thread_local! {
    static GIVEN: RefCell<String> = RefCell::default();
    static HEALTH: Cell<HealthStatus> = const { Cell::new(HealthStatus::Healthy) };
}

struct Prober;
export!(Prober);

impl Guest for Prober {
    fn init(config: ComponentConfig) -> Result<(), ComponentError> {
        GIVEN.set(describe(&config));
        let script: Script = match &config.config_data {
            Some(data) => serde_json::from_slice(data)
                .map_err(|e| ComponentError::ConfigurationInvalid(e.to_string()))?,
            None => Script::default(),
        };
        if script.trap {
            trap();
        }
        if script.spin {
            spin();
        }
        match script.refuse {
            Some(why) => Err(ComponentError::ConfigurationInvalid(why)),
            None => Ok(()),
        }
    }

    fn execute(
        operation: Vec<u8>,
        context: ExecutionContext,
    ) -> Result<Vec<u8>, ExecutionError> {
        let invalid = |e: ComponentError| ExecutionError::InvalidInput(component(e));
        let command = String::from_utf8(operation).map_err(|e| invalid(internal(e)))?;
        let caller = context.caller_info.unwrap_or(CallerInfo {
            component_id: None,
            external_source: None,
        });
        if command == "context" {
            let who = caller.component_id.as_ref().map(id);
            let who = who.or(caller.external_source).unwrap_or_default();
            let text = format!("{} {} {who}", context.request_id, context.timeout_ms);
            return Ok(text.into_bytes());
        }
        let nobody = ComponentId {
            namespace: String::new(),
            name: String::new(),
            version: String::new(),
        };
        let outcome = run(&caller.component_id.unwrap_or(nobody), &command).map_err(invalid)?;
        Ok(outcome.unwrap_or_default().into_bytes())
    }

    fn handle_message(sender: ComponentId, message: Vec<u8>) -> Result<(), ComponentError> {
        let command = String::from_utf8(message).map_err(internal)?;
        if let Some(outcome) = run(&sender, &command)? {
            say(&format!("{command} -> {outcome}"));
        }
        Ok(())
    }

    fn handle_callback(
        request_id: RequestId,
        result: Result<Vec<u8>, String>,
    ) -> Result<(), ComponentError> {
        let outcome = match &result {
            Ok(answer) => format!("ok: {}", String::from_utf8_lossy(answer)),
            Err(why) => format!("failed: {why}"),
        };
        say(&format!("callback {request_id} -> {outcome}"));
        Ok(())
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: "prober".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Does what it is told and logs what came of it.".into(),
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
        HEALTH.get()
    }

    fn shutdown() -> Result<(), ComponentError> {
        say("bye");
        Ok(())
    }
}

/// Carries out a command and gives its outcome, if that is still to be logged.
fn run(sender: &ComponentId, command: &str) -> Result<Option<String>, ComponentError> {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    let outcome = match verb {
        "log" => {
            log(rest)?;
            return Ok(None);
        }
        "time" => host::current_time_millis().to_string(),
        "sleep" => {
            host::sleep_millis(number(rest)?);
            "slept".into()
        }
        "list" => list(),
        "meta" => meta(rest)?,
        "send" => {
            let (target, text) = address_and(rest)?;
            match host::send_message(&target, text.as_bytes()) {
                Ok(()) => "ok".into(),
                Err(e) => messaging(e),
            }
        }
        "request" => request(rest)?,
        "cancel" => match host::cancel_request(&rest.to_string()) {
            Ok(()) => "ok".into(),
            Err(e) => messaging(e),
        },
        "whoami" => id(sender),
        "config" => GIVEN.with_borrow(Clone::clone),
        "health" => {
            HEALTH.set(health(rest)?);
            "ok".into()
        }
        "grow" => grow(number(rest)?),
        "fail" => return Err(failure(rest)),
        "trap" => trap(),
        "spin" => spin(),
        _ => return Err(internal(format!("prober knows no command `{verb}`"))),
    };
    Ok(Some(outcome))
}

fn say(text: &str) {
    host::log(LogLevel::Info, text, None);
}

fn log(rest: &str) -> Result<(), ComponentError> {
    let (level, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let level = match level {
        "trace" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => return Err(internal(format!("`{level}` is no level"))),
    };
    let words: Vec<&str> = rest.split(' ').collect();
    let end = words
        .iter()
        .position(|w| w.contains('='))
        .unwrap_or(words.len());
    let facts: Vec<(String, String)> = words[end..]
        .iter()
        .filter_map(|w| w.split_once('='))
        .map(|(k, v)| (k.into(), v.into()))
        .collect();
    let facts = (!facts.is_empty()).then_some(facts.as_slice());
    host::log(level, &words[..end].join(" "), facts);
    Ok(())
}

fn list() -> String {
    let mut ids: Vec<String> = host::list_components().iter().map(id).collect();
    ids.sort();
    ids.join(" ")
}

fn meta(target: &str) -> Result<String, ComponentError> {
    Ok(match host::get_component_metadata(&address(target)?) {
        Ok(m) => format!("{}@{} {} {}", m.name, m.version, m.status, m.description),
        Err(e) => component(e),
    })
}

fn request(rest: &str) -> Result<String, ComponentError> {
    let (target, rest) = address_and(rest)?;
    let (text, ms) = rest.rsplit_once(' ').unwrap_or(("", rest));
    Ok(
        match host::send_request(&target, text.as_bytes(), number(ms)?) {
            Ok(id) => format!("ok: {id}"),
            Err(e) => messaging(e),
        },
    )
}

/// Allocates without dying of it, and touches what it got.
fn grow(bytes: u64) -> String {
    let mut block: Vec<u8> = Vec::new();
    match block.try_reserve_exact(bytes as usize) {
        Ok(()) => {
            block.resize(bytes as usize, 1);
            std::hint::black_box(&block);
            "ok".into()
        }
        Err(_) => "out of memory".into(),
    }
}

/// Says so first, so that a host knows how far it came.
#[inline(never)]
fn trap() -> ! {
    say("traps now");
    core::arch::wasm32::unreachable()
}

/// Says so first, so that a host knows when to interrupt it.
#[inline(never)]
fn spin() -> ! {
    say("spins now");
    loop {
        std::hint::spin_loop();
    }
}

fn describe(c: &ComponentConfig) -> String {
    let data = match &c.config_data {
        Some(data) => String::from_utf8_lossy(data).into_owned(),
        None => "none".into(),
    };
    let env: Vec<String> = c.env_vars.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let l = &c.resource_limits;
    format!(
        "data {data}; env {}; memory {}, cpu {}, time {}",
        env.join(" "),
        l.max_memory_bytes,
        l.max_cpu_time_ms,
        l.max_execution_time_ms
    )
}

fn health(state: &str) -> Result<HealthStatus, ComponentError> {
    Ok(match state {
        "healthy" => HealthStatus::Healthy,
        "degraded" => HealthStatus::Degraded,
        "unhealthy" => HealthStatus::Unhealthy,
        "unknown" => HealthStatus::Unknown,
        _ => return Err(internal(format!("`{state}` is no state of health"))),
    })
}

fn failure(rest: &str) -> ComponentError {
    let (case, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let text = text.to_string();
    match case {
        "initialization-failed" => ComponentError::InitializationFailed(text),
        "configuration-invalid" => ComponentError::ConfigurationInvalid(text),
        "resource-exhausted" => ComponentError::ResourceExhausted(text),
        "internal-error" => ComponentError::InternalError(text),
        _ => internal(format!("`{case}` is no case of component-error")),
    }
}

fn component(e: ComponentError) -> String {
    match e {
        ComponentError::InitializationFailed(s) => format!("initialization-failed: {s}"),
        ComponentError::ConfigurationInvalid(s) => format!("configuration-invalid: {s}"),
        ComponentError::ResourceExhausted(s) => format!("resource-exhausted: {s}"),
        ComponentError::InternalError(s) => format!("internal-error: {s}"),
    }
}

fn messaging(e: MessagingError) -> String {
    match e {
        MessagingError::ComponentNotFound(s) => format!("component-not-found: {s}"),
        MessagingError::SendFailed(s) => format!("send-failed: {s}"),
        MessagingError::Timeout(s) => format!("timeout: {s}"),
        MessagingError::InvalidMessage(s) => format!("invalid-message: {s}"),
    }
}

fn id(id: &ComponentId) -> String {
    format!("{}:{}@{}", id.namespace, id.name, id.version)
}

/// Reads `NS:NAME` as it stands: what makes a good address is the host's affair.
fn address(text: &str) -> Result<ComponentId, ComponentError> {
    let (namespace, name) = text
        .split_once(':')
        .ok_or_else(|| internal(format!("`{text}` is no address")))?;
    Ok(ComponentId {
        namespace: namespace.into(),
        name: name.into(),
        version: String::new(),
    })
}

fn address_and(rest: &str) -> Result<(ComponentId, &str), ComponentError> {
    let (target, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok((address(target)?, rest))
}

fn number(text: &str) -> Result<u64, ComponentError> {
    text.parse().map_err(|e| internal(format!("`{text}`: {e}")))
}

fn internal(why: impl ToString) -> ComponentError {
    ComponentError::InternalError(why.to_string())
}
