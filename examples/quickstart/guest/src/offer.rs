//! What an order costs.

use crate::exports::demo::shop::pricing::{
    Customer, Destination, Extras, Fault, Money, Offer, Order, Product,
};
use crate::CHANGES;

/// Puts an offer together, line by line.
pub fn make(products: &[Product], order: &Order) -> Result<Offer, Fault> {
    let product = products.iter().find(|p| p.sku == order.sku);
    let product = product.ok_or_else(|| Fault::UnknownSku(order.sku.clone()))?;
    if order.count == 0 {
        return Err(Fault::Empty);
    }
    if i64::from(order.count) > i64::from(product.stock) {
        return Err(Fault::OutOfStock(order.count));
    }

    let weight = product.weight * order.count as f32;
    let goods = i64::try_from(product.price.cents)
        .unwrap_or(i64::MAX)
        .saturating_mul(order.count.into());
    let mut lines = vec![(format!("{} × {}", order.count, product.name), goods)];
    discounts(order, goods, &mut lines)?;
    extras(order.extras, goods, &mut lines);
    lines.extend(shipping(order.destination.as_ref(), weight));

    let total = lines
        .iter()
        .fold(0i64, |sum, (_, cents)| sum.saturating_add(*cents));
    Ok(Offer {
        total: Money {
            cents: total.max(0) as u64,
            currency: product.price.currency.clone(),
        },
        lines,
        weight,
        extras: order.extras,
    })
}

fn discounts(order: &Order, goods: i64, lines: &mut Vec<(String, i64)>) -> Result<(), Fault> {
    let percent = CHANGES.with_borrow(|c| c.discount(order.customer));
    if percent != 0 {
        lines.push((
            format!("{percent} % for {}", name(order.customer)),
            -part(goods, percent.into()),
        ));
    }
    if let Some(code) = &order.coupon {
        let percent = coupon(code).filter(|_| order.customer != Customer::Staff);
        let percent = percent.ok_or_else(|| Fault::BadCoupon(code.clone()))?;
        lines.push((format!("coupon {code}"), -part(goods, percent)));
    }
    Ok(())
}

fn name(customer: Customer) -> &'static str {
    match customer {
        Customer::Retail => "retail",
        Customer::Trade => "trade",
        Customer::Staff => "staff",
    }
}

/// The percents of a coupon like `OFF-15`, from 1 to 50.
fn coupon(code: &str) -> Option<i64> {
    let percent = code.strip_prefix("OFF-")?.parse().ok()?;
    (1..=50).contains(&percent).then_some(percent)
}

fn extras(wanted: Extras, goods: i64, lines: &mut Vec<(String, i64)>) {
    let prices = [
        (Extras::GIFT_WRAP, "gift wrap", 250),
        (Extras::EXPRESS, "express", 900),
        (Extras::INSURANCE, "insurance", part(goods, 2)),
    ];
    let chosen = prices
        .into_iter()
        .filter(|(flag, ..)| wanted.contains(*flag));
    lines.extend(chosen.map(|(_, name, cents)| (name.into(), cents)));
}

fn shipping(to: Option<&Destination>, weight: f32) -> Option<(String, i64)> {
    match to {
        None | Some(Destination::Pickup) => None,
        Some(Destination::Domestic(zone)) => {
            Some((format!("to zone {zone}"), 300 + 50 * i64::from(*zone)))
        }
        Some(Destination::Abroad((country, km))) => Some((
            format!("to {country}, {km} km"),
            1500 + (f64::from(weight) * km / 10.0).round() as i64,
        )),
    }
}

fn part(cents: i64, percent: i64) -> i64 {
    cents.saturating_mul(percent) / 100
}
