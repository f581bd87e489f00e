//! Takes orders from its configuration and sends each to the ledger.
//!
//! The configuration is JSON:
//!
//! ```json
//! {
//!   "ledger": "orders:ledger",
//!   "audit":  "orders:audit",
//!   "orders": [{"id": 1, "item": "tea", "amount": "12.50"}]
//! }
//! ```
//!
//! An order travels as `id=1;item=tea;amount=12.50`. What an amount means is the
//! ledger's affair: intake passes on what it was given.

use std::cell::Cell;

use serde::Deserialize;

wit_bindgen::generate!({
    path: "../../../wit/packages/airssys-core",
    world: "airssys-component",
});

use airssys::core::host_services::{log, send_message, MessagingError};
use airssys::core::types::{ComponentError, ComponentId, ExecutionError, HealthStatus, LogLevel};
use exports::airssys::core::component_lifecycle::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    ledger: String,
    audit: Option<String>,
    orders: Vec<Order>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    id: u32,
    item: String,
    amount: String,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    sent: u32,
    lost: u32,
}

thread_local! {
    static TALLY: Cell<Tally> = Cell::default();
}

struct Intake;
export!(Intake);

impl Guest for Intake {
    fn init(config: ComponentConfig) -> Result<(), ComponentError> {
        let config = read(config.config_data)?;
        let ledger = address(&config.ledger)?;
        let audit = config.audit.as_deref().map(address).transpose()?;
        send_orders(&ledger, &config.orders)?;
        if let Some(audit) = audit {
            report(&audit);
        }
        Ok(())
    }

    fn execute(operation: Vec<u8>, _: ExecutionContext) -> Result<Vec<u8>, ExecutionError> {
        match operation.as_slice() {
            b"sent" => Ok(TALLY.get().sent.to_string().into_bytes()),
            _ => Err(ExecutionError::InvalidInput(
                "intake knows one operation, `sent`".into(),
            )),
        }
    }

    fn handle_message(sender: ComponentId, message: Vec<u8>) -> Result<(), ComponentError> {
        let text = format!(
            "nobody should write to intake, but {}:{} did: {} B",
            sender.namespace,
            sender.name,
            message.len()
        );
        log(LogLevel::Warn, &text, None);
        Ok(())
    }

    fn handle_callback(
        request_id: RequestId,
        _: Result<Vec<u8>, String>,
    ) -> Result<(), ComponentError> {
        Err(ComponentError::InternalError(format!(
            "intake sends no requests, so {request_id} is not its own"
        )))
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: "intake".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Sends the orders of its configuration to the ledger.".into(),
            author: "witgen".into(),
            supported_operations: vec!["sent".into()],
            memory_requirements: MemoryRequirements {
                min_memory_bytes: 2 << 20,
                max_memory_bytes: 16 << 20,
                preferred_memory_bytes: 4 << 20,
            },
        }
    }

    fn health() -> HealthStatus {
        match TALLY.get().lost {
            0 => HealthStatus::Healthy,
            _ => HealthStatus::Degraded,
        }
    }

    fn shutdown() -> Result<(), ComponentError> {
        log(
            LogLevel::Debug,
            &format!("{} orders sent", TALLY.get().sent),
            None,
        );
        Ok(())
    }
}

fn read(data: Option<Vec<u8>>) -> Result<Config, ComponentError> {
    let data = data.ok_or_else(|| {
        invalid("there is no configuration; it names the ledger and lists the orders")
    })?;
    serde_json::from_slice(&data).map_err(invalid)
}

/// Reads an address of the form `namespace:name`.
fn address(text: &str) -> Result<ComponentId, ComponentError> {
    match text.split_once(':') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => Ok(ComponentId {
            namespace: namespace.into(),
            name: name.into(),
            version: String::new(),
        }),
        _ => Err(invalid(format!(
            "`{text}` is no address; one looks like `orders:ledger`"
        ))),
    }
}

/// Sends every order. When there is no ledger yet, intake has not started: its
/// supervisor tries again, and nothing has been sent twice.
fn send_orders(ledger: &ComponentId, orders: &[Order]) -> Result<(), ComponentError> {
    for order in orders {
        let payload = format!(
            "id={};item={};amount={}",
            order.id, order.item, order.amount
        );
        let mut tally = TALLY.get();
        match send_message(ledger, payload.as_bytes()) {
            Ok(()) => {
                tally.sent += 1;
                let context = [
                    ("order".into(), order.id.to_string()),
                    ("item".into(), order.item.clone()),
                ];
                log(
                    LogLevel::Info,
                    &format!("sent order {}", order.id),
                    Some(&context),
                );
            }
            Err(MessagingError::ComponentNotFound(why)) if tally.sent == 0 => {
                return Err(ComponentError::InitializationFailed(format!(
                    "there is no ledger: {why}"
                )));
            }
            Err(e) => {
                tally.lost += 1;
                log(
                    LogLevel::Error,
                    &format!("order {} is lost: {}", order.id, words(&e)),
                    None,
                );
            }
        }
        TALLY.set(tally);
    }
    Ok(())
}

/// Tells the auditor, which is a courtesy: orders do not depend on it.
fn report(audit: &ComponentId) {
    let text = format!("orders={}", TALLY.get().sent);
    if let Err(e) = send_message(audit, text.as_bytes()) {
        log(
            LogLevel::Warn,
            &format!("could not reach {}: {}", audit.name, words(&e)),
            None,
        );
    }
}

fn words(e: &MessagingError) -> String {
    match e {
        MessagingError::ComponentNotFound(s) => format!("component not found: {s}"),
        MessagingError::SendFailed(s) => format!("send failed: {s}"),
        MessagingError::Timeout(s) => format!("timeout: {s}"),
        MessagingError::InvalidMessage(s) => format!("invalid message: {s}"),
    }
}

fn invalid(why: impl ToString) -> ComponentError {
    ComponentError::ConfigurationInvalid(why.to_string())
}
