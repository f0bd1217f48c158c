//! Orders arranged for serving: the latest version of each, per employer, by sequence number.

use std::{collections::HashMap, sync::Arc};

use super::Order;

/// Orders, ready to be paged through and looked up.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Every version.
    all: Vec<Arc<Order>>,
    /// Latest versions by employer, sorted.
    employers: HashMap<String, Vec<Entry>>,
    /// Latest versions without a readable employer: everybody's.
    everybody: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    position: Position,
    order: Arc<Order>,
}

/// Twice the sequence number; one more for an order without a readable one, which stands right
/// after the order loaded before it and so is served on the same page as its neighbours.
type Position = u128;

impl Listing {
    /// Arranges orders given in load order.
    #[must_use]
    pub fn new(orders: impl IntoIterator<Item = Order>) -> Self {
        let all: Vec<_> = orders.into_iter().map(Arc::new).collect();
        let mut listing = Self::default();
        let mut newest: HashMap<(&str, Option<&str>), u64> = HashMap::new();
        for order in &all {
            if let (Some(id), Some(version)) = (order.trekkid(), order.trekkversjon()) {
                let known = newest.entry((id, order.trekkpliktig())).or_insert(version);
                *known = version.max(*known);
            }
        }
        let mut before: Position = 0;
        for order in &all {
            let position = order
                .sekvensnummer()
                .map_or(before | 1, |number| u128::from(number) * 2);
            before = position;
            let outdated = match (order.trekkid(), order.trekkversjon()) {
                (Some(id), Some(version)) => newest
                    .get(&(id, order.trekkpliktig()))
                    .is_some_and(|newest| *newest > version),
                _ => false,
            };
            if outdated {
                continue;
            }
            let entry = Entry {
                position,
                order: Arc::clone(order),
            };
            match order.trekkpliktig() {
                Some(employer) => listing.employers.entry(employer.to_owned()).or_default().push(entry),
                None => listing.everybody.push(entry),
            }
        }
        for entries in listing.employers.values_mut() {
            entries.extend(listing.everybody.iter().cloned());
            entries.sort_by_key(|entry| entry.position);
        }
        listing.everybody.sort_by_key(|entry| entry.position);
        listing.all = all;
        listing
    }

    /// The latest versions for this employer with a `sekvensnummer` above `after`, lowest first,
    /// at most `max` of them; all of them without `after` and `max`.
    #[must_use]
    pub fn latest(&self, employer: &str, after: Option<u64>, max: Option<usize>) -> Vec<Arc<Order>> {
        let entries = self.employers.get(employer).unwrap_or(&self.everybody);
        let start = after.map_or(0, |after| {
            entries.partition_point(|entry| entry.position <= u128::from(after) * 2)
        });
        entries[start..]
            .iter()
            .take(max.unwrap_or(usize::MAX))
            .map(|entry| Arc::clone(&entry.order))
            .collect()
    }

    /// One version of one order of this employer.
    #[must_use]
    pub fn version(&self, employer: &str, trekkid: &str, trekkversjon: u64) -> Option<Arc<Order>> {
        self.all
            .iter()
            .find(|order| {
                order.trekkid() == Some(trekkid)
                    && order.trekkversjon() == Some(trekkversjon)
                    && order.trekkpliktig().is_none_or(|owner| owner == employer)
            })
            .cloned()
    }

    /// Whether this employer has an order of this id, whatever the version.
    #[must_use]
    pub fn knows(&self, employer: &str, trekkid: &str) -> bool {
        self.all
            .iter()
            .any(|order| order.trekkid() == Some(trekkid) && order.trekkpliktig().is_none_or(|owner| owner == employer))
    }

    /// The order that faults about "one order" change: the second of this employer, or the only one.
    #[must_use]
    pub fn victim(&self, employer: &str) -> Option<Arc<Order>> {
        let entries = self.employers.get(employer).unwrap_or(&self.everybody);
        let entry = entries.get(1).or_else(|| entries.first());
        entry.map(|entry| Arc::clone(&entry.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(texts: &[&str]) -> Listing {
        Listing::new(texts.iter().map(|text| Order::parse(text).unwrap()))
    }

    fn numbers(found: &[Arc<Order>]) -> Vec<Option<u64>> {
        found.iter().map(|order| order.sekvensnummer()).collect()
    }

    #[test]
    fn pages_hold_the_latest_versions_above_the_number() {
        let listing = orders(&[
            r#"{"trekkid":"a","trekkversjon":1,"sekvensnummer":3,"trekkpliktig":"310000000"}"#,
            r#"{"trekkid":"a","trekkversjon":2,"sekvensnummer":9,"trekkpliktig":"310000000"}"#,
            r#"{"trekkid":"b","trekkversjon":1,"sekvensnummer":5,"trekkpliktig":"310000000"}"#,
            r#"{"trekkid":"b","trekkversjon":1,"sekvensnummer":7,"trekkpliktig":"310000019"}"#,
        ]);
        let page = |after, max| numbers(&listing.latest("310000000", Some(after), max));
        assert_eq!(page(0, None), [Some(5), Some(9)]);
        assert_eq!(page(0, Some(1)), [Some(5)]);
        assert_eq!(page(5, Some(1)), [Some(9)]);
        assert_eq!(page(9, Some(1)), []);
        assert_eq!(page(u64::MAX, None), []);
        assert_eq!(numbers(&listing.latest("999999999", None, None)), []);
        assert!(listing.version("310000000", "a", 1).is_some());
        assert!(listing.version("310000019", "a", 1).is_none(), "another employer's");
        assert!(listing.knows("310000000", "b") && !listing.knows("310000019", "a"));
    }

    #[test]
    fn an_order_without_a_number_is_served_beside_its_neighbour() {
        let listing = orders(&[
            r#"{"trekkid":"a","trekkversjon":1,"sekvensnummer":3,"trekkpliktig":"310000000"}"#,
            r#"{"trekkid":"b","trekkversjon":1,"trekkpliktig":"310000000"}"#,
            r#"{"trekkid":"c","trekkversjon":1,"sekvensnummer":8,"trekkpliktig":"310000000"}"#,
        ]);
        assert_eq!(
            numbers(&listing.latest("310000000", None, None)),
            [Some(3), None, Some(8)]
        );
        assert_eq!(numbers(&listing.latest("310000000", Some(3), None)), [None, Some(8)]);
        assert_eq!(numbers(&listing.latest("310000000", Some(4), None)), [Some(8)]);
    }
}
