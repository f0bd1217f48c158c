//! The bounded memory.

use serde_json::json;

use super::{order, read};
use crate::trekkpaalegg::{rule::RemarkRule as R, seen::Seen};

#[test]
fn it_forgets_the_oldest_and_never_grows() {
    let mut seen = Seen::with_capacity(3);
    for number in 1..=50 {
        let page = read(json!([order(number)]).to_string(), None, &mut seen);
        assert!(page.remarks.is_empty());
        assert!(seen.len() <= 3);
    }
    // 50 is remembered, 47 no longer.
    let page = read(json!([order(50), order(47)]).to_string(), None, &mut seen);
    assert_eq!(page.orders.len(), 1);
    assert_eq!(
        page.remarks.iter().filter(|remark| remark.rule == R::Duplicate).count(),
        1
    );
    assert!(seen.len() <= 3);
}
