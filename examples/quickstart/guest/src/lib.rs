//! A plugin that does the shop's pricing, from a price list that it reads
//! through the shop.

mod catalogue;
mod offer;
mod small;

use std::cell::RefCell;
use std::collections::BTreeMap;

wit_bindgen::generate!({ path: "../wit", world: "plugin" });

use demo::shop::files::{self, FileError};
use exports::demo::shop::pricing::{Customer, Fault, Guest, Money, Offer, Order, Product, Sku};

struct Plugin;
export!(Plugin);

/// What the shop has changed since the plugin was loaded.
#[derive(Default)]
struct Changes {
    stock: BTreeMap<Sku, i32>,
    discount: BTreeMap<u8, i8>,
}

thread_local! {
    static CHANGES: RefCell<Changes> = RefCell::default();
}

impl Changes {
    fn discount(&self, customer: Customer) -> i8 {
        let usual = match customer {
            Customer::Retail => 0,
            Customer::Trade => 10,
            Customer::Staff => 25,
        };
        *self.discount.get(&(customer as u8)).unwrap_or(&usual)
    }
}

impl Guest for Plugin {
    fn catalogue() -> Result<Vec<Product>, Fault> {
        let mut products = catalogue::read()?;
        CHANGES.with_borrow(|c| {
            for p in &mut products {
                p.stock += c.stock.get(&p.sku).unwrap_or(&0);
            }
        });
        Ok(products)
    }

    fn find(prefix: String) -> Result<Option<Product>, Fault> {
        Ok(Self::catalogue()?
            .into_iter()
            .find(|p| p.name.starts_with(&prefix)))
    }

    fn quote(order: Order) -> Result<Offer, Fault> {
        offer::make(&Self::catalogue()?, &order)
    }

    fn quote_all(orders: Vec<Order>) -> Vec<Result<Offer, Fault>> {
        match Self::catalogue() {
            Ok(products) => orders.iter().map(|o| offer::make(&products, o)).collect(),
            Err(fault) => orders.iter().map(|_| Err(fault.clone())).collect(),
        }
    }

    fn restock(sku: Sku, delta: i16) -> Result<i32, Fault> {
        let products = Self::catalogue()?;
        let product = products
            .iter()
            .find(|p| p.sku == sku)
            .ok_or_else(|| Fault::UnknownSku(sku.clone()))?;
        CHANGES.with_borrow_mut(|c| *c.stock.entry(sku).or_default() += i32::from(delta));
        Ok(product.stock + i32::from(delta))
    }

    fn set_discount(customer: Customer, percent: i8) -> Result<i8, String> {
        if !(-50..=50).contains(&percent) {
            return Err(format!(
                "a discount is from -50 to 50 percent, not {percent}"
            ));
        }
        Ok(CHANGES.with_borrow_mut(|c| {
            let before = c.discount(customer);
            c.discount.insert(customer as u8, percent);
            before
        }))
    }

    fn reset() {
        CHANGES.take();
    }

    fn convert(amount: Money, rate: f64, currency: String) -> Money {
        Money {
            cents: (amount.cents as f64 * rate).round() as u64,
            currency,
        }
    }

    fn balance(paid: Vec<u64>, owed: Vec<u64>) -> i64 {
        let sum = |v: &[u64]| v.iter().fold(0i64, |a, &c| a.saturating_add_unsigned(c));
        sum(&paid).saturating_sub(sum(&owed))
    }

    fn check_digit(number: u64) -> Option<char> {
        small::check_digit(number)
    }

    fn checksum(document: Vec<u8>) -> u32 {
        small::crc32(&document)
    }

    fn label(grade: char, zone: u16, fragile: bool) -> String {
        format!(
            "grade {grade} · zone {zone}{}",
            if fragile { " · fragile" } else { "" }
        )
    }

    fn round_weight(kg: f32, steps: u8) -> f32 {
        match steps {
            0 => kg,
            n => (kg * f32::from(n)).ceil() / f32::from(n),
        }
    }

    fn is_open(hour: u8, spans: Vec<(u8, u8)>) -> bool {
        spans.iter().any(|&(from, to)| (from..to).contains(&hour))
    }

    fn sizes(paths: Vec<String>) -> Vec<Result<u32, FileError>> {
        paths
            .iter()
            .map(|p| files::read(p).map(|data| data.len() as u32))
            .collect()
    }

    fn snoop() -> Result<String, FileError> {
        files::read("/secrets/key.txt").map(|data| String::from_utf8_lossy(&data).into_owned())
    }
}
