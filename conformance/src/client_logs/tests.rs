//! What is found in logs, and what becomes of it.

use super::*;
use crate::synthetic::Declared;

/// Right check digits, and a birth date in 2039: nobody has it yet, but the guard cannot know.
const COULD_BE_REAL: &str = "31123970082";
const SYNTHETIC: &str = "01817000092";

fn guard() -> Guard {
    Guard::new(Declared::default(), &[7; 32])
}

fn of(text: &str, known: &[&str]) -> (Logs, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("client.log");
    fs::write(&path, text).unwrap();
    let known = known.iter().map(|secret| (*secret).to_owned()).collect();
    let logs = read(&[path], &Redactor::new(), &guard(), &known).unwrap();
    let copy = String::from_utf8(logs.logs[0].log.bytes.clone()).unwrap();
    (logs, copy)
}

#[test]
fn a_clean_log_is_taken_as_it_is() {
    let text = "2026-01-02 poll fraSekvensnummer=38\r\n200, 10 orders\n\nlast line without end";
    let (logs, copy) = of(text, &[]);
    assert_eq!(copy, text);
    assert_eq!(logs.logs[0].sha256, sha256_hex(text.as_bytes()));
    for case in [SECRETS_CASE, IDENTIFIERS_CASE] {
        assert_eq!(logs.check(case).unwrap().verdict, Verdict::Passed, "{case}");
    }
    assert!(logs.check("TP-01").is_none());
}

#[test]
fn secrets_are_found_removed_and_fail_the_case() {
    let text = "ok\nassertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl\nopaque-token-from-the-wire used\n\
        -----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\n{\"access_token\":\"another-opaque-one\",\"n\":1}\nend\n";
    let (logs, copy) = of(text, &["opaque-token-from-the-wire"]);
    assert_eq!(
        logs.secrets,
        ["client.log:2", "client.log:3", "client.log:4", "client.log:7"]
    );
    for gone in ["eyJ", "opaque-token", "MIIabc", "another-opaque"] {
        assert!(!copy.contains(gone), "{gone}: {copy}");
    }
    assert!(copy.starts_with("ok\n") && copy.ends_with("\nend\n"), "{copy}");
    let check = logs.check(SECRETS_CASE).unwrap();
    assert_eq!(check.verdict, Verdict::Failed);
    assert!(check.found.en.contains("client.log:3"));
}

#[test]
fn numbers_are_judged_and_removed() {
    let (logs, copy) = of(
        &format!("a {SYNTHETIC}\nb {COULD_BE_REAL}\nc 311239 70082\nd 12345678901\n"),
        &[],
    );
    assert_eq!(logs.could_be_real, ["client.log:2", "client.log:3"]);
    assert!(!copy.contains(SYNTHETIC) && !copy.contains(COULD_BE_REAL), "{copy}");
    assert!(copy.contains("12345678901"), "nobody's number stays readable");
    assert!(logs.secrets.is_empty());
    let check = logs.check(IDENTIFIERS_CASE).unwrap();
    assert_eq!(check.verdict, Verdict::NeedsReview);
    assert!(!check.found.en.contains(COULD_BE_REAL));
}

#[test]
fn folders_are_taken_whole_with_names_that_work_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("dag 1")).unwrap();
    for (name, text) in [
        ("b.log", "b"),
        ("a.log", "a"),
        ("dag 1/A.log", "c"),
        ("dag 1/æ.log", "d"),
        ("dag 1/ø.log", "e"),
        ("dag 1/01817000092.log", "f"),
        (".hidden", "g"),
    ] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let logs = read(&[dir.path().into()], &Redactor::new(), &guard(), &BTreeSet::new()).unwrap();
    let names: Vec<_> = logs.logs.iter().map(|log| log.log.name.as_str()).collect();
    assert_eq!(names.len(), 7);
    let unique: BTreeSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(unique.len(), 7, "{names:?}");
    assert!(names.iter().all(|name| !name.contains("01817000092")), "{names:?}");
    assert!(names.contains(&"hidden") && names.contains(&"dag_1-A.log"), "{names:?}");
}

#[test]
fn what_cannot_be_searched_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.gz");
    let none = BTreeSet::new();
    let refused = |path: &Path| {
        read(&[path.into()], &Redactor::new(), &guard(), &none)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&path).contains("cannot be read"));
    assert!(refused(dir.path()).contains("holds no file"));
    fs::write(&path, [0x1f, 0x8b, 0xff]).unwrap();
    assert!(refused(&path).contains("unpack it"));
}
