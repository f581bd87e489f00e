//! The price list.

use crate::demo::shop::files;
use crate::exports::demo::shop::pricing::{Fault, Money, Product};

const PATH: &str = "/data/prices.csv";
const CURRENCY: &str = "EUR";

/// Reads the whole price list.
pub fn read() -> Result<Vec<Product>, Fault> {
    let data = files::read(PATH).map_err(Fault::Unreadable)?;
    let text = String::from_utf8_lossy(&data);
    let lines = text
        .lines()
        .enumerate()
        .skip(1)
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(i, line)| parse(line).ok_or_else(|| Fault::BadLine((i as u32 + 1, line.into()))))
        .collect()
}

fn parse(line: &str) -> Option<Product> {
    let mut fields = line.split(',').map(str::trim);
    let product = Product {
        sku: fields.next().filter(|s| !s.is_empty())?.into(),
        name: fields.next()?.into(),
        price: Money {
            cents: fields.next()?.parse().ok()?,
            currency: CURRENCY.into(),
        },
        stock: fields.next()?.parse().ok()?,
        weight: fields.next()?.parse().ok()?,
        grade: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(product)
}
