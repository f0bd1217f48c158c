//! A bounded memory of what has been delivered: recognises repeated versions, and follows the
//! KID through an order's versions. It forgets the oldest, so that a stream of any length costs
//! the same memory.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, Hash, RandomState},
};

use super::{order::Order, rule::RemarkRule};

/// How many versions are remembered. A page of the usual 2,500 several times over.
const CAPACITY: usize = 10_000;

/// What is remembered of one version.
#[derive(Debug)]
struct Version {
    trekkversjon: i64,
    sekvensnummer: i64,
    /// Fingerprint of everything the API has documented about the version.
    content: u64,
    kid: u64,
}

/// Versions delivered lately. A `trekkid` is kept as its fingerprint only.
#[derive(Debug)]
pub(super) struct Seen {
    orders: HashMap<u64, Vec<Version>>,
    sequences: HashMap<i64, u32>,
    /// `trekkid` and `trekkversjon`.
    oldest_first: VecDeque<(u64, i64)>,
    capacity: usize,
    fingerprints: RandomState,
}

impl Default for Seen {
    fn default() -> Self {
        Self::with_capacity(CAPACITY)
    }
}

/// Whether a repeated version says the same as before.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Same,
    Other,
}

/// What the memory has to say about a version.
#[derive(Debug)]
pub(super) struct Sighting {
    /// The version itself came before. Then nothing else is said.
    pub(super) repeated: Option<Content>,
    /// Anything odd, with the member it is about.
    pub(super) remarks: Vec<(&'static str, RemarkRule)>,
}

impl Seen {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            orders: HashMap::new(),
            sequences: HashMap::new(),
            oldest_first: VecDeque::new(),
            capacity: capacity.max(1),
            fingerprints: RandomState::new(),
        }
    }

    /// Compares a version with what came before it, and remembers it.
    pub(super) fn look(&mut self, order: &Order) -> Sighting {
        let trekkid = self.fingerprints.hash_one(&order.trekkid);
        let content = self.fingerprints.hash_one(content(order));
        let kid = self.fingerprints.hash_one(&order.betalingsinformasjon.kidnummer);
        let mut remarks = Vec::new();
        if let Some(versions) = self.orders.get(&trekkid) {
            if let Some(same) = versions
                .iter()
                .find(|version| version.trekkversjon == order.trekkversjon)
            {
                return Sighting {
                    repeated: Some(if same.content == content {
                        Content::Same
                    } else {
                        Content::Other
                    }),
                    remarks,
                };
            }
            if versions.iter().any(|version| version.kid != kid) {
                remarks.push(("/betalingsinformasjon/kidnummer", RemarkRule::KidChanged));
            }
            if versions.iter().any(|version| {
                (version.trekkversjon < order.trekkversjon) != (version.sekvensnummer < order.sekvensnummer)
            }) {
                remarks.push(("/trekkversjon", RemarkRule::VersionGoesBack));
            }
        }
        if self.sequences.contains_key(&order.sekvensnummer) {
            remarks.push(("/sekvensnummer", RemarkRule::SharedSequence));
        }
        self.remember(
            trekkid,
            Version {
                trekkversjon: order.trekkversjon,
                sekvensnummer: order.sekvensnummer,
                content,
                kid,
            },
        );
        Sighting {
            repeated: None,
            remarks,
        }
    }

    fn remember(&mut self, trekkid: u64, version: Version) {
        if self.oldest_first.len() >= self.capacity {
            self.forget_oldest();
        }
        self.oldest_first.push_back((trekkid, version.trekkversjon));
        *self.sequences.entry(version.sekvensnummer).or_default() += 1;
        self.orders.entry(trekkid).or_default().push(version);
    }

    fn forget_oldest(&mut self) {
        let Some((trekkid, trekkversjon)) = self.oldest_first.pop_front() else {
            return;
        };
        let Some(versions) = self.orders.get_mut(&trekkid) else {
            return;
        };
        if let Some(place) = versions.iter().position(|version| version.trekkversjon == trekkversjon) {
            let sekvensnummer = versions.swap_remove(place).sekvensnummer;
            if let Some(count) = self.sequences.get_mut(&sekvensnummer) {
                *count -= 1;
                if *count == 0 {
                    self.sequences.remove(&sekvensnummer);
                }
            }
        }
        if versions.is_empty() {
            self.orders.remove(&trekkid);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.oldest_first.len()
    }
}

/// Everything documented about a version; members that nobody has documented do not count.
fn content(order: &Order) -> impl Hash + '_ {
    (
        order.sekvensnummer,
        order.opprettet,
        &order.saksnummer,
        &order.trekkpliktig,
        &order.skyldner,
        &order.trekkstatus,
        &order.trekkstoerrelse_for_periode,
        &order.betalingsinformasjon,
    )
}
