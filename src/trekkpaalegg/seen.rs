//! A bounded memory of what has been delivered: recognises repeated versions, and follows the
//! KID through an order's versions. It forgets the oldest, so that a stream of any length costs
//! the same memory.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
};

use super::{order::Order, rule::RemarkRule};

/// How many versions are remembered. A page of the usual 2,500 several times over.
const CAPACITY: usize = 10_000;

/// Fingerprints are spread out already: a map keyed by them needs no second hash.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not used by integers; correct all the same.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

type ByFingerprint<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

/// The remembered versions of one order. Nearly always there is one.
#[derive(Debug)]
struct Versions {
    one: Version,
    more: Vec<Version>,
}

impl Versions {
    fn iter(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.one).chain(&self.more)
    }

    /// Takes one version out; the last one stays, to be removed with the order.
    fn take(&mut self, trekkversjon: i64) -> Taken {
        if let Some(place) = self
            .more
            .iter()
            .position(|version| version.trekkversjon == trekkversjon)
        {
            return Taken::One(self.more.swap_remove(place).sequence);
        }
        if self.one.trekkversjon != trekkversjon {
            return Taken::Nothing;
        }
        match self.more.pop() {
            Some(other) => Taken::One(std::mem::replace(&mut self.one, other).sequence),
            None => Taken::Last(self.one.sequence),
        }
    }
}

enum Taken {
    Nothing,
    One(u64),
    Last(u64),
}

/// What is remembered of one version.
#[derive(Debug)]
struct Version {
    trekkversjon: i64,
    sekvensnummer: i64,
    /// Fingerprint of `sekvensnummer`.
    sequence: u64,
    /// Fingerprint of everything the API has documented about the version.
    content: u64,
    kid: u64,
}

/// Versions delivered lately. A `trekkid` is kept as its fingerprint only.
#[derive(Debug)]
pub(super) struct Seen {
    orders: ByFingerprint<Versions>,
    sequences: ByFingerprint<u32>,
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
            orders: HashMap::default(),
            sequences: HashMap::default(),
            oldest_first: VecDeque::new(),
            capacity: capacity.max(1),
            fingerprints: RandomState::new(),
        }
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, versions: usize) {
        let more = versions.min(self.capacity.saturating_sub(self.oldest_first.len()));
        self.orders.reserve(more);
        self.sequences.reserve(more);
        self.oldest_first.reserve(more);
    }

    /// Compares a version with what came before it, and remembers it.
    pub(super) fn look(&mut self, order: &Order) -> Sighting {
        let trekkid = self.fingerprints.hash_one(&order.trekkid);
        let content = self.fingerprints.hash_one(content(order));
        let kid = self.fingerprints.hash_one(&order.betalingsinformasjon.kidnummer);
        let sequence = self.fingerprints.hash_one(order.sekvensnummer);
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
        if self.sequences.contains_key(&sequence) {
            remarks.push(("/sekvensnummer", RemarkRule::SharedSequence));
        }
        self.remember(
            trekkid,
            Version {
                trekkversjon: order.trekkversjon,
                sekvensnummer: order.sekvensnummer,
                sequence,
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
        *self.sequences.entry(version.sequence).or_default() += 1;
        match self.orders.entry(trekkid) {
            Entry::Occupied(mut known) => known.get_mut().more.push(version),
            Entry::Vacant(place) => {
                place.insert(Versions {
                    one: version,
                    more: Vec::new(),
                });
            }
        }
    }

    fn forget_oldest(&mut self) {
        let Some((trekkid, trekkversjon)) = self.oldest_first.pop_front() else {
            return;
        };
        let taken = match self.orders.get_mut(&trekkid) {
            Some(versions) => versions.take(trekkversjon),
            None => Taken::Nothing,
        };
        let sequence = match taken {
            Taken::Nothing => return,
            Taken::One(sequence) => sequence,
            Taken::Last(sequence) => {
                self.orders.remove(&trekkid);
                sequence
            }
        };
        if let Some(count) = self.sequences.get_mut(&sequence) {
            *count -= 1;
            if *count == 0 {
                self.sequences.remove(&sequence);
            }
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
