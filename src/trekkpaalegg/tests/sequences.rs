//! Arbitrary sequences of pages through the paging protocol: a server in memory that behaves
//! well, badly, or worse.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use futures::{FutureExt as _, StreamExt as _};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Value, json};

use super::{order, read, with};
use crate::{
    Error,
    error::Misuse,
    trekkpaalegg::{Page, Watermark, changes::follow, is_not_advancing, rule::RemarkRule as R},
};

/// What a run of the stream came to.
struct Run {
    pages: Vec<Page>,
    error: Option<Error>,
    asked: Vec<u64>,
}

/// Follows the changes; `answer` gets `fraSekvensnummer` and the number of the call.
fn run<B: ToString>(size: u32, from: u64, answer: impl Fn(u64, usize) -> Result<B, Error> + Send + Sync) -> Run {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let answer = &answer;
    let stream = follow(size, Watermark::new(from).expect("in range"), move |from, mut seen| {
        let call = {
            let mut log = log.lock().expect("one thread");
            log.push(from.get());
            log.len()
        };
        // Nothing here waits: a page is ready at once.
        let page = answer(from.get(), call).map(|body| {
            let from = i64::try_from(from.get()).expect("in range");
            read(body.to_string(), Some((from, size)), &mut seen)
        });
        async move { (page, seen) }
    });
    let (mut pages, mut error) = (Vec::new(), None);
    let items: Vec<_> = stream
        .take(10_000)
        .collect::<Vec<_>>()
        .now_or_never()
        .expect("nothing waits");
    for item in items {
        assert!(error.is_none(), "nothing comes after an error");
        match item {
            Ok(page) => pages.push(page),
            Err(found) => error = Some(found),
        }
    }
    let asked = asked.lock().expect("one thread").clone();
    Run { pages, error, asked }
}

fn delivered(run: &Run) -> Vec<i64> {
    run.pages
        .iter()
        .flat_map(|page| page.orders.iter().map(|order| order.sekvensnummer))
        .collect()
}

/// A server as the documentation describes it.
fn well_behaved(numbers: &[i64]) -> impl Fn(u64, usize, usize) -> Value + use<> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    move |from, max, _| {
        numbers
            .iter()
            .filter(|number| number.unsigned_abs() > from)
            .take(max)
            .map(|number| order(*number))
            .collect()
    }
}

#[test]
fn the_last_page_may_be_full() {
    // Four orders in pages of two: a third call finds nothing more, as it must.
    let server = well_behaved(&[1, 2, 5, 9]);
    let run = run(2, 0, |from, call| Ok(server(from, 2, call)));
    assert_eq!(run.asked, [0, 2, 9]);
    assert_eq!(delivered(&run), [1, 2, 5, 9]);
    assert!(run.error.is_none());
    assert_eq!(run.pages.last().expect("pages").watermark.get(), 9);
}

#[test]
fn more_than_asked_for_is_full_too() {
    let server = well_behaved(&[1, 2, 3, 4, 5, 6, 7]);
    let run = run(2, 0, |from, call| Ok(server(from, 3, call)));
    assert_eq!(run.asked, [0, 3, 6]);
    assert_eq!(delivered(&run), [1, 2, 3, 4, 5, 6, 7]);
    assert!(
        run.pages[0]
            .remarks
            .iter()
            .any(|remark| remark.rule == R::MoreThanAsked)
    );
}

#[test]
fn pages_may_be_unsorted_and_numbers_may_have_gaps() {
    let run = run(3, 4, |from, _| {
        Ok(match from {
            4 => json!([order(90), order(7), order(8)]),
            90 => json!([order(1_000_000), order(91)]),
            _ => json!([]),
        })
    });
    assert_eq!(run.asked, [4, 90]);
    assert_eq!(delivered(&run), [90, 7, 8, 1_000_000, 91]);
    assert!(run.error.is_none());
    for page in &run.pages {
        assert!(page.remarks.iter().any(|remark| remark.rule == R::Unsorted));
    }
}

#[test]
fn an_order_that_comes_twice_is_delivered_once() {
    let run = run(2, 0, |from, _| {
        Ok(match from {
            // Within a page, and again in the next one.
            0 => json!([order(1), order(2), order(1)]),
            2 => json!([order(2), order(3)]),
            _ => json!([order(3)]),
        })
    });
    assert_eq!(run.asked, [0, 2, 3]);
    assert_eq!(delivered(&run), [1, 2, 3]);
    let reported = run
        .pages
        .iter()
        .flat_map(|page| &page.remarks)
        .filter(|remark| remark.rule == R::Duplicate);
    assert_eq!(reported.count(), 3, "and never silently");
}

#[test]
fn an_empty_body_ends_the_stream() {
    for empty in ["", " \r\n", "[]"] {
        let run = run(2, 0, |from, _| {
            Ok(match from {
                0 => json!([order(1), order(2)]).to_string(),
                _ => empty.to_owned(),
            })
        });
        assert_eq!(run.asked, [0, 2]);
        assert_eq!(delivered(&run), [1, 2]);
        assert!(run.error.is_none());
        assert_eq!(run.pages.last().expect("pages").watermark.get(), 2);
    }
}

#[test]
fn one_bad_order_blocks_no_later_page() {
    let mut bad = order(2);
    bad["trekkstoerrelseForPeriode"][0]["trekkbeloep"] = json!({"trekkbeloep": 1});
    let stock = [order(1), bad, order(3), order(4), order(5)];
    let run = run(2, 0, |from, _| {
        let from = usize::try_from(from).expect("small");
        Ok(Value::from(
            stock.iter().skip(from).take(2).cloned().collect::<Vec<_>>(),
        ))
    });
    assert_eq!(run.asked, [0, 2, 4]);
    assert_eq!(delivered(&run), [1, 3, 4, 5]);
    assert_eq!(run.pages[0].rejected[0].sekvensnummer, Some(2));
}

#[test]
fn a_reader_that_stops_waiting_loses_nothing() {
    let (answers, waiting) = futures::channel::mpsc::unbounded::<i64>();
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let waiting = Arc::new(futures::lock::Mutex::new(waiting));
    let stream = follow(1, Watermark::START, move |from, mut seen| {
        *counted.lock().expect("one thread") += 1;
        let waiting = Arc::clone(&waiting);
        async move {
            let number = waiting.lock().await.next().await.expect("an answer");
            let from = i64::try_from(from.get()).expect("in range");
            let page = read(json!([order(number)]).to_string(), Some((from, 1)), &mut seen);
            (Ok(page), seen)
        }
    });
    futures::pin_mut!(stream);
    for number in 1..=3 {
        // Given up twice while the call is under way; then the answer arrives.
        assert!(stream.next().now_or_never().is_none());
        assert!(stream.next().now_or_never().is_none());
        answers.unbounded_send(number).expect("the stream listens");
        let page = stream
            .next()
            .now_or_never()
            .flatten()
            .expect("there now")
            .expect("a page");
        assert_eq!(page.watermark.get(), number.unsigned_abs());
    }
    assert_eq!(*calls.lock().expect("one thread"), 3, "one call for each page");
}

#[test]
fn a_server_that_never_advances_ends_with_its_own_error() {
    for page in [
        json!([order(3), order(4)]),
        // Only records without a number, or with one that the parameter cannot carry.
        json!([1, 2]),
        json!([with("/sekvensnummer", None), order(2_000_000_000_000_000_000)]),
    ] {
        let run = run(2, 7, |_, _| Ok(page.clone()));
        assert_eq!(run.asked, [7], "one call shows it");
        assert_eq!(run.pages.len(), 1, "what came is delivered first");
        assert_eq!(run.pages[0].orders.len() + run.pages[0].rejected.len(), 2);
        let error = run.error.expect("an error");
        assert!(is_not_advancing(&error), "{error}");
        assert_eq!(run.pages[0].watermark.get(), 7);
    }
    // The recognition can fail.
    assert!(!is_not_advancing(&Error::from(Misuse::new("x", "y"))));
}

#[test]
fn a_server_that_repeats_one_page_ends() {
    let run = run(2, 0, |_, _| Ok(json!([order(3), order(4)])));
    assert_eq!(run.asked, [0, 4]);
    assert_eq!(delivered(&run), [3, 4], "delivered once");
    assert!(run.error.is_some_and(|error| is_not_advancing(&error)));
}

#[test]
fn a_failure_in_the_middle_leaves_the_watermark_delivered() {
    let server = well_behaved(&[1, 2, 3, 4, 5]);
    let first = run(2, 0, |from, call| {
        if call == 2 {
            Err(Misuse::new("broken", "repair it").into())
        } else {
            Ok(server(from, 2, call))
        }
    });
    assert!(first.error.is_some());
    assert_eq!(delivered(&first), [1, 2]);
    let watermark = first.pages.last().expect("a page").watermark.get();
    let rest = run(2, watermark, |from, call| Ok(server(from, 2, call)));
    assert_eq!(delivered(&rest), [3, 4, 5]);
}

/// One record of a hostile page.
#[derive(Debug, Clone)]
enum Kind {
    Good,
    BadWithNumber,
    BadWithout,
    Again,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Good),
        1 => Just(Kind::BadWithNumber),
        1 => Just(Kind::BadWithout),
        1 => Just(Kind::Again),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        cases: 150,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// A server that keeps its orders but shuffles pages, gives more than asked for, breaks
    /// some records and repeats others: every order is delivered exactly once or reported, the
    /// watermark is never ahead of what has been delivered, and calls are bounded.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        records in proptest::collection::vec((1_i64..4, kind()), 0..40),
        size in 1_u32..7,
        extra in 0_usize..3,
        start in 0_u64..10,
        rotate in 0_usize..7,
    ) {
        // Ascending numbers with gaps.
        let mut number = 0;
        let stock: Vec<(i64, Kind)> = records
            .into_iter()
            .map(|(gap, kind)| {
                number += gap;
                (number, kind)
            })
            .collect();
        let expected: BTreeSet<i64> = stock
            .iter()
            .filter(|(number, _)| number.unsigned_abs() > start)
            .map(|(number, _)| *number)
            .collect();
        let run = run(size, start, |from, _| {
            let mut page = Vec::new();
            for (number, kind) in stock.iter().filter(|(number, _)| number.unsigned_abs() > from).take(size as usize + extra) {
                match kind {
                    Kind::Good => page.push(order(*number)),
                    Kind::Again => { page.push(order(*number)); page.push(order(*number)); }
                    Kind::BadWithNumber => {
                        let mut bad = order(*number);
                        bad["sekvensnummer"] = number.to_string().into();
                        page.push(bad);
                    }
                    Kind::BadWithout => {
                        // A good one too, so that the page can move past the bad one.
                        let mut bad = order(*number);
                        bad["sekvensnummer"] = Value::Null;
                        page.push(order(*number));
                        page.push(bad);
                    }
                }
            }
            if !page.is_empty() {
                let places = rotate % page.len();
                page.rotate_left(places);
            }
            Ok(Value::from(page))
        });
        prop_assert!(run.error.is_none(), "{:?}", run.error);
        let mut times: BTreeMap<i64, usize> = BTreeMap::new();
        let mut taken_care_of = start;
        for (page, asked) in run.pages.iter().zip(&run.asked) {
            // The next page is asked for only from what has been delivered or reported.
            prop_assert_eq!(*asked, taken_care_of);
            let numbers: Vec<i64> = page
                .orders
                .iter()
                .map(|order| order.sekvensnummer)
                .chain(page.rejected.iter().filter_map(|rejected| rejected.sekvensnummer))
                .collect();
            for number in &numbers {
                *times.entry(*number).or_default() += 1;
            }
            let duplicates = page.remarks.iter().filter(|remark| remark.rule == R::Duplicate).count();
            prop_assert_eq!(page.received, page.orders.len() + page.rejected.len() + duplicates);
            let highest = numbers.iter().copied().max().map_or(0, i64::unsigned_abs);
            prop_assert_eq!(page.watermark.get(), highest.max(taken_care_of));
            taken_care_of = page.watermark.get();
        }
        prop_assert_eq!(times.keys().copied().collect::<BTreeSet<_>>(), expected.clone());
        prop_assert!(times.values().all(|count| *count == 1), "{:?}", times);
        // Every page but the last is full.
        let received: usize = run.pages.iter().map(|page| page.received).sum();
        prop_assert!(run.asked.len() <= received / size as usize + 1);
    }

    /// A server that answers anything at all: every record is accounted for, the watermark
    /// never falls and never passes what was received, and the calls end.
    #[test]
    fn anything_at_all_ends(
        pages in proptest::collection::vec(
            proptest::collection::vec((-2_i64..30, kind()), 0..6),
            1..8,
        ),
        size in 1_u32..5,
    ) {
        let run = run(size, 0, |_, call| {
            let page = &pages[(call - 1) % pages.len()];
            Ok(page.iter().map(|(number, kind)| match kind {
                Kind::Good | Kind::Again => order(*number),
                Kind::BadWithNumber => {
                    let mut bad = order(*number);
                    bad["skyldner"] = "x".into();
                    bad
                }
                Kind::BadWithout => json!({}),
            }).collect::<Value>())
        });
        // Numbers below 30 can raise the watermark at most 29 times.
        prop_assert!(run.asked.len() <= 31, "{} calls", run.asked.len());
        let mut watermark = 0;
        let mut highest = 0;
        for page in &run.pages {
            let duplicates = page.remarks.iter().filter(|remark| remark.rule == R::Duplicate).count();
            prop_assert_eq!(page.received, page.orders.len() + page.rejected.len() + duplicates);
            for number in page.orders.iter().map(|order| order.sekvensnummer)
                .chain(page.rejected.iter().filter_map(|rejected| rejected.sekvensnummer)) {
                highest = highest.max(number);
            }
            prop_assert!(page.watermark.get() >= watermark);
            prop_assert!(page.watermark.get() <= highest.max(0).unsigned_abs());
            watermark = page.watermark.get();
        }
    }
}
