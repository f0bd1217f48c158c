/// Every fault and what comes of it.
static TABLE: &[Row] = &[];
