//! x
use serde_json::Value;
use skatteetaten_specs::{diff::*, document::Document};
#[test]
fn bless() {
    let mut all = std::collections::BTreeMap::new();
    for rule in Catalogue::embedded().unwrap().rules() {
        let base: Value = serde_json::from_str(&rule.example.base).unwrap();
        let mut new = base.clone();
        crate::patch::apply(&mut new, &rule.example.patch);
        let r = diff(&Source::from_document(Document::from_value("old", base)), &Source::from_document(Document::from_value("new", new)), &Options::default()).unwrap();
        let ids: Vec<String> = r.findings.iter().map(|f| f.rule.clone()).collect();
        if !ids.contains(&rule.id.to_string()) { println!("MISSING {} got {ids:?}", rule.id); }
        else if ids.len() > 1 { println!("extra {} {ids:?}", rule.id); }
        all.insert(rule.id, ids);
    }
    std::fs::write("/tmp/gen/expects.json", serde_json::to_string(&all).unwrap()).unwrap();
}
