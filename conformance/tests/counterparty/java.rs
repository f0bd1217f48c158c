//! The Java client: no case fails, and each of its mistakes fails the cases that are about it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::Duration,
};

use futures::{StreamExt as _, stream};
use skatteetaten_conformance::{counterparty::CommandDriver, results::Verdict};
use tempfile::TempDir;

use crate::support::{Keys, about, difference, own_vendor, play_as, play_in_the_clear, play_within, vendor};

/// The one that never ends its task by itself is given less time for it.
const ENDLESS: &str = "waits-forever";

/// Mistake → every case that it fails in the steps about them.
const TABLE: &[(&str, &[&str])] = &[
    ("aud-is-token-endpoint", &["AUTH-01"]),
    ("times-in-milliseconds", &["AUTH-02"]),
    ("reads-the-token", &["AUTH-08"]),
    ("logs-a-record", &["AUTH-12"]),
    (
        "retries-every-exception",
        &[
            "AUTH-10", "AUTH-11", "FP-04", "FP-07", "FP-08", "FP-16", "RES-03", "RES-06", "TP-12",
        ],
    ),
    (
        "swallows-exceptions",
        &[
            "AUTH-07", "AUTH-11", "FP-04", "FP-07", "FP-08", "FP-11", "RES-05", "SEC-03",
        ],
    ),
    ("accepts-anything", &["TP-14"]),
    ("last-put-wins", &["TP-10"]),
    ("rounds-each-share", &["TP-18"]),
    ("kid-as-long", &["TP-20"]),
    ("enum-value-of", &["TP-22"]),
    ("key-in-retry-wrapper", &["FP-03", "RES-01"]),
    ("default-locale", &["FP-13"]),
    ("saves-the-object", &["FP-18"]),
    (ENDLESS, &["RES-02"]),
    ("trusts-everything", &["SEC-06"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference-clients/java/Vendor.java")
}

/// The compiled client. `None` where there is no JDK; a pipeline has to have one.
fn compiled() -> Option<&'static Path> {
    static CLASSES: OnceLock<Option<TempDir>> = OnceLock::new();
    let classes = CLASSES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("javac")
            .args(["--release", "17", "-XDstringConcat=inline", "-d"])
            .arg(folder.path())
            .arg(source())
            .output();
        let Ok(output) = output else {
            assert!(std::env::var_os("CI").is_none(), "javac was not found; install a JDK");
            return None;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(folder)
    });
    if classes.is_none() {
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should know that one did nothing"
        )]
        {
            eprintln!("skipped: there is no javac");
        }
    }
    classes.as_ref().map(TempDir::path)
}

/// How the client is started. Most of a run is the start of the virtual machine, so that is kept small. Over TLS the
/// client trusts the counterparty's authority beside Java's own; loading these takes long, and in clear text they are
/// left out.
fn words(classes: &Path, tls: bool) -> Vec<String> {
    let mut words = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        .map(str::to_owned)
        .to_vec();
    words.extend((!tls).then(|| "-Djavax.net.ssl.trustStore=NONE".to_owned()));
    words.extend(["-cp".to_owned(), classes.display().to_string(), "Vendor".to_owned()]);
    words
}

fn client(classes: &Path, mistake: Option<&str>, tls: bool) -> CommandDriver {
    let mut words = words(classes, tls);
    words.extend(
        mistake
            .into_iter()
            .flat_map(|name| ["--mistake".to_owned(), name.to_owned()]),
    );
    let keys = Keys::get();
    let command = CommandDriver::new(words, None)
        .variable("VENDOR_KEY", keys.private())
        .variable("VENDOR_KID", "vendor-1")
        .variable("MASKINPORTEN_CLIENT_ID", "vendor-client")
        .variable("VENDOR_WAIT", "0.01")
        .variable("VENDOR_TIMEOUT", "10");
    if tls {
        command.variable("VENDOR_CA", keys.authority())
    } else {
        command
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_passes() {
    let Some(classes) = compiled() else { return };
    let verdicts = play_in_the_clear(vendor(), &client(classes, None, false), |_| true).await;
    verdicts.assert_none_failed();
    let not_run: Vec<_> = verdicts
        .all()
        .iter()
        .filter(|judgement| !judgement.verdict.is_pass())
        .map(|judgement| format!("{} {}", judgement.case_id, judgement.reason.en))
        .collect();
    // The two other sessions, below, are for these.
    assert_eq!(
        verdicts.with(Verdict::NotRun),
        ["AUTH-13", "SEC-06"].into(),
        "{not_run:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_checked() {
    let Some(classes) = compiled() else { return };
    let verdicts = play_as(vendor(), &client(classes, None, true), about(&["SEC-06"])).await;
    verdicts.assert_none_failed();
    // With a good certificate everything works; that the others were refused would say little otherwise.
    for case in ["SEC-06", "TP-04", "FP-01"] {
        verdicts.assert_passed(case);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_system_user_none_is_asked_for() {
    let Some(classes) = compiled() else { return };
    let client = client(classes, None, false);
    let verdicts = play_in_the_clear(own_vendor(), &client, |step| step.id == "pages").await;
    verdicts.assert_none_failed();
    verdicts.assert_passed("AUTH-13");
}

async fn differs(classes: &Path, mistake: &str, expected: &[&str]) -> Option<String> {
    let tls = expected.contains(&"SEC-06");
    let client = client(classes, Some(mistake), tls);
    let verdicts = if mistake == ENDLESS {
        play_within(Duration::from_secs(30), &client, about(expected)).await
    } else if tls {
        play_as(vendor(), &client, about(expected)).await
    } else {
        play_in_the_clear(vendor(), &client, about(expected)).await
    };
    difference(mistake, expected, &verdicts)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_fails_its_own_cases_in_the_steps_about_them() {
    let Some(classes) = compiled() else { return };
    let wrong: Vec<_> = stream::iter(TABLE)
        .map(|(mistake, expected)| differs(classes, mistake, expected))
        .buffer_unordered(3)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n  "));
}

fn run(classes: &Path, more: &[&str]) -> Output {
    let words = words(classes, false);
    Command::new(&words[0]).args(&words[1..]).args(more).output().unwrap()
}

#[test]
fn the_table_knows_every_mistake() {
    let Some(classes) = compiled() else { return };
    let output = run(classes, &["--list-mistakes"]);
    let listed: BTreeSet<_> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    assert_eq!(listed, TABLE.iter().map(|(mistake, _)| *mistake).collect());
    assert!(!run(classes, &["--mistake", "unheard-of"]).status.success());
}
