//! Bindings generated at build time from the pinned documents; nothing here is written by hand.

macro_rules! bindings {
    ($(#[$doc:meta])* $module:ident) => {
        $(#[$doc])*
        pub mod $module {
            #![allow(
                missing_docs,
                unreachable_pub,
                clippy::all,
                clippy::unwrap_used,
                rustdoc::all,
                reason = "generated code; what it looks like is the generator's business"
            )]
            include!(concat!(env!("OUT_DIR"), "/", stringify!($module), ".rs"));
        }
    };
}

bindings! {
    /// Trekkpålegg: withholding orders.
    trekkpaalegg
}
bindings! {
    /// Innrapportering finansprodukter: reports and their documents.
    finansprodukter
}
bindings! {
    /// Dialogporten: where feedback on a report is announced.
    dialogporten
}
