//! The client from outside: one test binary, so that it links once.
#![expect(clippy::expect_used, reason = "a test that cannot set itself up has failed")]

mod trekk_pay_dates;
