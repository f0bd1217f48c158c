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
    // First, since it mostly waits.
    (ENDLESS, &["RES-02"]),
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
    ("trusts-everything", &["SEC-06"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference-clients/java/Vendor.java")
}

/// A source compiled into a folder of its own. `None` where there is no JDK; a pipeline has to have one.
fn compile(source: &Path) -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("javac")
        .args(["--release", "17", "-XDstringConcat=inline", "-d"])
        .arg(folder.path())
        .arg(source)
        .output();
    let Ok(output) = output else {
        assert!(std::env::var_os("CI").is_none(), "javac was not found; install a JDK");
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should know that one did nothing"
        )]
        {
            eprintln!("skipped: there is no javac");
        }
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(folder)
}

/// The client as it is.
fn compiled() -> Option<&'static Path> {
    static CLASSES: OnceLock<Option<TempDir>> = OnceLock::new();
    CLASSES.get_or_init(|| compile(&source())).as_ref().map(TempDir::path)
}

/// Most of a run is the start of the virtual machine, so that is kept small.
fn words(classes: &Path) -> Vec<String> {
    let mut words = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]
        .map(str::to_owned)
        .to_vec();
    words.extend([classes.display().to_string(), "Vendor".to_owned()]);
    words
}

/// Over TLS the client trusts the counterparty's authority beside Java's own. Loading these takes long; in clear text
/// they are left out.
fn client(classes: &Path, mistake: Option<&str>, tls: bool) -> CommandDriver {
    let mut words = words(classes);
    if !tls {
        words.insert(1, "-Djavax.net.ssl.trustStore=NONE".to_owned());
    }
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
        .variable("VENDOR_TIMEOUT", "20");
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
async fn wrong_certificates_are_refused() {
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

/// What other systems do and may do: from what the client's source says, to what it says instead.
const HABITS: &[(&str, &str)] = &[
    // An upgrade to HTTP/2 is offered with every request.
    (".version(HttpClient.Version.HTTP_1_1)", ""),
    // One token for two scopes, signed with another of the three algorithms, for as long as is allowed.
    (
        "(\"skatteetaten:innrapporteringfinansprodukter\")",
        "(\"digdir:dialogporten skatteetaten:innrapporteringfinansprodukter\")",
    ),
    (
        "(\"digdir:dialogporten\")",
        "(\"skatteetaten:innrapporteringfinansprodukter digdir:dialogporten\")",
    ),
    ("SHA256withRSA", "SHA512withRSA"),
    ("\"RS256\"", "\"RS512\""),
    (": 100)", ": 119)"),
    // Names of headers and of the scheme in lower case, a key in upper case, parameters of media types.
    ("\"Authorization\", \"Bearer \"", "\"authorization\", \"bearer \""),
    ("\"Accept\", accept", "\"accept\", accept + \", */*;q=0.1\""),
    (
        "\"Content-Type\", \"application/json\"",
        "\"content-type\", \"application/json; charset=UTF-8\"",
    ),
    (
        "\"idempotencyKey\", submission.key",
        "\"idempotencykey\", submission.key.toUpperCase()",
    ),
    // A body without a length, in chunks.
    (
        "BodyPublishers.ofByteArray(call.body())",
        "call.method().equals(\"GET\") ? BodyPublishers.noBody() \
         : BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(call.body()))",
    ),
    // Reports as the system itself writes them, blanks included.
    (
        "byte[] body = Files.readAllBytes(file);",
        "byte[] body = Json.parse(Files.readAllBytes(file)).bytes();",
    ),
    // More patience.
    ("ATTEMPTS = 5", "ATTEMPTS = 8"),
];

#[tokio::test(flavor = "multi_thread")]
async fn other_habits_are_no_mistakes() {
    let mut text = std::fs::read_to_string(source()).unwrap();
    for (from, to) in HABITS {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("Vendor.java");
    std::fs::write(&changed, text).unwrap();
    let Some(classes) = compile(&changed) else { return };
    let steps = [
        "pages",
        "two-system-users",
        "token-refused",
        "wrong-clock",
        "server-errors",
        "maintenance",
        "submit",
        "lost-receipt",
        "submit-server-error",
    ];
    let client = client(classes.path(), None, false);
    let verdicts = play_in_the_clear(vendor(), &client, |step| steps.contains(&step.id.as_str())).await;
    verdicts.assert_none_failed();
    for case in [
        "AUTH-01", "AUTH-02", "AUTH-04", "AUTH-14", "TP-04", "TP-05", "TP-14", "FP-01", "FP-02", "FP-03", "FP-05",
        "FP-10", "FP-12", "FP-15", "RES-01", "RES-05",
    ] {
        verdicts.assert_passed(case);
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_table_is_noticed() {
    let client = CommandDriver::new(["nothing", "is", "run"], None);
    let nothing = play_in_the_clear(vendor(), &client, |_| false).await;
    assert_eq!(difference("none", &[], &nothing), None);
    let text = difference("some", &["TP-04"], &nothing).unwrap();
    assert!(text.contains("TP-04"), "{text}");
}

fn run(classes: &Path, more: &[&str]) -> Output {
    let words = words(classes);
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
