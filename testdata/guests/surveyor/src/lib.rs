//! Does what it is told and says what came of it: a component of the later world,
//! for testing hosts.
//!
//! A message is one command, words with a space between them; where it wants an
//! answer that is the outcome, otherwise the outcome is logged at info, as
//! `<command> -> <outcome>`:
//!
//! ```text
//! log LEVEL TEXT              logs that, with the fact `by=surveyor`
//! time, now                   current-time-millis, current-time
//! sleep MS                    sleep-millis
//! list                        list-components, sorted
//! meta ADDRESS                get-component-metadata
//! self                        self-id
//! send ADDRESS TEXT           send
//! request ADDRESS MS TEXT     request
//! cancel ID                   cancel-request
//! broadcast A,B,C TEXT        broadcast
//! envelope                    all that is known of this message
//! config                      what initialize was given
//! health STATE                what `health` answers from now on
//! get KEY, delete KEY, exists KEY, keys [PREFIX], usage, set KEY TEXT
//! fill KEY BYTES              sets a value of that many bytes
//! fail CASE [TEXT]            answers with that wasm-error
//! none                        answers with none
//! trap                        logs `traps now` and executes an `unreachable`
//! spin                        logs `spins now` and never ends
//! ```
//!
//! An ADDRESS is `ns:name` or `ns:name/instance`. The configuration may be one of
//! `refuse TEXT`, `trap` and `spin`, for `initialize` to do.

use std::cell::{Cell, RefCell};

wit_bindgen::generate!({
    path: "../../../wit/packages/airssys-runtime-host",
    world: "runtime-host",
});

use airssys::core::errors::{ComponentError, MessagingError, StorageError, WasmError};
use airssys::core::types::*;
use airssys::core::{host_messaging as post, host_services as host, storage};
use exports::airssys::core::component_lifecycle::{ComponentMetadata, Guest};

thread_local! {
    static GIVEN: RefCell<String> = RefCell::default();
    static HEALTH: Cell<HealthStatus> = const { Cell::new(HealthStatus::Healthy) };
}

struct Surveyor;
export!(Surveyor);

impl Guest for Surveyor {
    fn initialize(config: ComponentConfig) -> Result<(), ComponentError> {
        GIVEN.set(describe(&config));
        let data = config.config_data.unwrap_or_default();
        let script = String::from_utf8_lossy(&data);
        match script.split_once(' ').unwrap_or((&script, "")) {
            ("refuse", why) => Err(ComponentError::InitializationFailed(why.into())),
            ("trap", _) => trap(),
            ("spin", _) => spin(),
            _ => Ok(()),
        }
    }

    fn handle_message(msg: ComponentMessage) -> Result<Option<Vec<u8>>, WasmError> {
        let command = String::from_utf8_lossy(&msg.payload).into_owned();
        let outcome = run(&msg, &command)?;
        if msg.metadata.correlation_id.is_some() {
            return Ok(outcome.map(String::into_bytes));
        }
        if let Some(outcome) = &outcome {
            say(&format!("{command} -> {outcome}"));
        }
        Ok(outcome.map(String::into_bytes))
    }

    fn handle_callback(msg: ComponentMessage) -> Result<(), WasmError> {
        let m = &msg.metadata;
        say(&format!(
            "callback {} from {} -> {}: {}",
            m.correlation_id.as_deref().unwrap_or("none"),
            address(&msg.sender),
            m.content_type.as_deref().unwrap_or("ok"),
            String::from_utf8_lossy(&msg.payload)
        ));
        Ok(())
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: "surveyor".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Does what it is told and says what came of it.".into(),
            author: "witgen".into(),
            license: "Apache-2.0".into(),
            supported_operations: vec!["get".into(), "set".into()],
            stateful: false,
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

/// Carries out a command and gives its outcome, if it has one.
fn run(msg: &ComponentMessage, command: &str) -> Result<Option<String>, WasmError> {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let outcome = match verb {
        "log" => {
            host::log(level(first)?, text, Some(&[("by".into(), "surveyor".into())]));
            return Ok(None);
        }
        "time" => host::current_time_millis().to_string(),
        "now" => time(host::current_time()),
        "sleep" => {
            host::sleep_millis(number(rest)?);
            "slept".into()
        }
        "list" => {
            let mut all: Vec<String> = host::list_components().iter().map(address).collect();
            all.sort();
            all.join(" ")
        }
        "meta" => match host::get_component_metadata(&id(rest)?) {
            Ok(m) => format!("{} {} {} {}", address(&m.id), m.name, m.version, m.health),
            Err(e) => format!("{e:?}"),
        },
        "self" => address(&post::self_id()),
        "send" => sent(post::send(&id(first)?, text.as_bytes()).map(|()| "ok".into())),
        "request" => {
            let (ms, text) = text.split_once(' ').unwrap_or((text, ""));
            sent(post::request(&id(first)?, text.as_bytes(), number(ms)?).map(|id| format!("ok: {id}")))
        }
        "cancel" => sent(post::cancel_request(rest).map(|()| "ok".into())),
        "broadcast" => {
            let all: Result<Vec<ComponentId>, WasmError> =
                first.split(',').filter(|a| !a.is_empty()).map(id).collect();
            sent(post::broadcast(&all?, text.as_bytes()).map(|()| "ok".into()))
        }
        "envelope" => {
            let m = &msg.metadata;
            format!(
                "from {} at {}, id {}, reply to {}, type {}",
                address(&msg.sender),
                time(m.timestamp),
                m.correlation_id.as_deref().unwrap_or("none"),
                m.reply_to.as_ref().map_or("none".into(), address),
                m.content_type.as_deref().unwrap_or("none")
            )
        }
        "config" => GIVEN.with_borrow(Clone::clone),
        "health" => {
            HEALTH.set(match rest {
                "healthy" => HealthStatus::Healthy,
                "degraded" => HealthStatus::Degraded,
                "unhealthy" => HealthStatus::Unhealthy,
                _ => HealthStatus::Unknown,
            });
            "ok".into()
        }
        "get" => kept(storage::get(rest).map(|v| match v {
            Some(v) => format!("some {}", String::from_utf8_lossy(&v)),
            None => "none".into(),
        })),
        "set" => kept(storage::set(first, text.as_bytes()).map(|()| "ok".into())),
        "fill" => kept(storage::set(first, &vec![b'x'; number(text)? as usize]).map(|()| "ok".into())),
        "delete" => kept(storage::delete(rest).map(|()| "ok".into())),
        "exists" => kept(storage::exists(rest).map(|there| there.to_string())),
        "keys" => {
            let prefix = (!rest.is_empty()).then_some(rest);
            kept(storage::list_keys(prefix).map(|keys| keys.join(" ")))
        }
        "usage" => kept(storage::usage().map(|u| {
            format!("{} of {}, {} keys", u.used_bytes, u.quota_bytes, u.key_count)
        })),
        "fail" => return Err(failure(first, text)),
        "none" => return Ok(None),
        "trap" => trap(),
        "spin" => spin(),
        _ => return Err(WasmError::RuntimeError(format!("surveyor knows no command `{verb}`"))),
    };
    Ok(Some(outcome))
}

fn say(text: &str) {
    host::log(LogLevel::Info, text, None);
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

fn level(name: &str) -> Result<LogLevel, WasmError> {
    Ok(match name {
        "trace" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => return Err(WasmError::RuntimeError(format!("`{name}` is no level"))),
    })
}

fn describe(c: &ComponentConfig) -> String {
    let data = c.config_data.as_ref().map_or("none".into(), |d| String::from_utf8_lossy(d).into_owned());
    let env: Vec<String> = c.env_vars.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let l = &c.resource_limits;
    format!(
        "data {data}; env {}; memory {}, time {}, fuel {}",
        env.join(" "),
        l.max_memory_bytes,
        l.max_execution_time_ms,
        l.max_fuel.map_or("none".into(), |f| f.to_string())
    )
}

fn sent(outcome: Result<String, MessagingError>) -> String {
    outcome.unwrap_or_else(|e| match e {
        MessagingError::DeliveryFailed(why) => format!("delivery-failed: {why}"),
        MessagingError::CorrelationTimeout(id) => format!("correlation-timeout: {id}"),
        MessagingError::InvalidMessage(why) => format!("invalid-message: {why}"),
        MessagingError::QueueFull => "queue-full".into(),
        MessagingError::TargetNotFound(id) => format!("target-not-found: {}", address(&id)),
    })
}

fn kept(outcome: Result<String, StorageError>) -> String {
    outcome.unwrap_or_else(|e| match e {
        StorageError::NotFound(why) => format!("not-found: {why}"),
        StorageError::AlreadyExists(why) => format!("already-exists: {why}"),
        StorageError::QuotaExceeded => "quota-exceeded".into(),
        StorageError::InvalidKey(why) => format!("invalid-key: {why}"),
        StorageError::IoError(why) => format!("io-error: {why}"),
    })
}

fn failure(case: &str, text: &str) -> WasmError {
    let text = text.to_string();
    match case {
        "component-not-found" => WasmError::ComponentNotFound(text),
        "instantiation-failed" => WasmError::InstantiationFailed(text),
        "export-not-found" => WasmError::ExportNotFound(text),
        "timeout" => WasmError::Timeout,
        "resource-limit-exceeded" => WasmError::ResourceLimitExceeded(text),
        "invalid-component" => WasmError::InvalidComponent(text),
        _ => WasmError::RuntimeError(text),
    }
}

fn address(id: &ComponentId) -> String {
    let slash = if id.instance.is_empty() { "" } else { "/" };
    format!("{}:{}{slash}{}", id.namespace, id.name, id.instance)
}

/// Reads an address as it stands: what makes a good one is the host's affair.
fn id(text: &str) -> Result<ComponentId, WasmError> {
    let (namespace, rest) = text
        .split_once(':')
        .ok_or_else(|| WasmError::RuntimeError(format!("`{text}` is no address")))?;
    let (name, instance) = rest.split_once('/').unwrap_or((rest, ""));
    Ok(ComponentId {
        namespace: namespace.into(),
        name: name.into(),
        instance: instance.into(),
    })
}

fn time(t: Timestamp) -> String {
    format!("{}.{:09}", t.seconds, t.nanoseconds)
}

fn number(text: &str) -> Result<u64, WasmError> {
    text.parse()
        .map_err(|e| WasmError::RuntimeError(format!("`{text}`: {e}")))
}
