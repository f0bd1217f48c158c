//! What is planted on the wire is in no file of a pack.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use http::StatusCode;
use serde_json::{Value, json};
use skatteetaten_conformance::{
    cases::{Phase, Script},
    recording,
    results::Verdict,
    run::{Context, Options, Preset, Suite, Target},
    simulator::{Answer, Directive, Operation, Received, Simulator},
};

/// Numbers that nobody marks as synthetic, in fields and in the middle of texts.
const PERSON: &str = "01017012345";
const OTHER_PERSON: &str = "52117098765";
const ACCOUNT: &str = "86011117947";
const TOKEN: &str = "kanari-tilgangstoken-7f3a9c";
const COOKIE: &str = "kanari-informasjonskapsel";
const NAME: &str = "Kanarifuglsen";

const PLANTED: [&str; 6] = [PERSON, OTHER_PERSON, ACCOUNT, TOKEN, COOKIE, NAME];

fn order() -> Value {
    json!([{
        "trekkid": "10001", "trekkversjon": 1, "sekvensnummer": 38, "opprettet": "2025-08-09T15:00:00Z",
        "saksnummer": "S1", "trekkpliktig": "123456789", "skyldner": PERSON, "trekkstatus": "aktiv",
        "nyttFelt": format!("gjelder {OTHER_PERSON}"), "navn": NAME, "token": TOKEN,
        "trekkstoerrelseForPeriode": [{"startdato": "2025-08-10", "trekkprosent": {"trekkprosent": 10}}],
        "betalingsinformasjon": {"betalingsmottaker": "971648199", "kidnummer": "6487719756", "kontonummer": ACCOUNT},
    }])
}

fn planted(request: &Received) -> Directive {
    let error = |status: StatusCode| {
        let body = json!({
            "kode": "GLD_010", "melding": format!("Ikke funnet: {PERSON}, {NAME}, Bearer {TOKEN}"),
            "korrelasjonsid": PERSON,
            "spesifisering": [{"kode": "GLD_1050", "melding": NAME, "sti": format!("/a/{OTHER_PERSON}"), "angittVerdi": PERSON}],
        });
        Answer::json(status, &body).with("set-cookie", format!("id={COOKIE}; Path=/"))
    };
    Directive::Answer(match request.operation {
        Some(Operation::Token) => {
            let token = json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 119, "scope": ""});
            Answer::json(StatusCode::OK, &token).with("x-trace", format!("trace {PERSON}"))
        }
        Some(Operation::HentAlleGjeldende) => {
            Answer::json(StatusCode::OK, &order()).with("set-cookie", format!("id={COOKIE}"))
        }
        Some(Operation::HentVersjon) => error(StatusCode::INTERNAL_SERVER_ERROR),
        Some(Operation::Innsending) => error(StatusCode::BAD_REQUEST),
        Some(Operation::UthentingDokument) => {
            let page = format!("<p>{PERSON} Bearer {TOKEN}</p>");
            Answer::new(StatusCode::NOT_FOUND, "text/html", page)
        }
        _ => return Directive::Normal,
    })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The secrets that were found on the wire, and all of it as text.
type Heard = (BTreeSet<String>, String);

/// A suite whose last case keeps what the others had on the wire.
fn listening() -> (Suite, Arc<Mutex<Heard>>) {
    let heard = Arc::new(Mutex::new(Heard::default()));
    let (mut suite, keeps) = (Suite::builtin().unwrap(), Arc::clone(&heard));
    let mut case = suite.catalogue().case("SEC-04").unwrap().clone();
    case.record.id = "SEC-99".to_owned();
    let script = Script::new(Phase::Inspect, move |context: Context| {
        let keeps = Arc::clone(&keeps);
        async move {
            let raw: Vec<_> = context
                .recorded()
                .values()
                .flatten()
                .map(|one| one.raw.clone())
                .collect();
            let mut heard = keeps.lock().unwrap();
            heard.0 = recording::secrets(&raw);
            for exchange in &raw {
                heard.1.push_str(&String::from_utf8_lossy(&exchange.response_body));
                heard.1.push_str(&format!("{:?}", exchange.response_headers));
                heard.1.push_str(&String::from_utf8_lossy(&exchange.request_body));
            }
            Ok(())
        }
    });
    suite.add_case(case, script).unwrap();
    (suite, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_planted_is_in_the_pack() {
    let simulator = Simulator::builder().script(planted).start().await.unwrap();
    let key = simulator.private_key_pem().lines().nth(1).unwrap().to_owned();
    let out = tempfile::tempdir().unwrap();
    let (suite, heard) = listening();
    let mut options = Options::new(out.path());
    options.zip = true;
    options.selection.cases = suite
        .catalogue()
        .cases()
        .iter()
        .filter(|case| case.id() != "FP-11")
        .map(|case| case.id().to_owned())
        .collect();
    let report = suite
        .run(Target::simulator(&simulator, Preset::All).unwrap(), options)
        .await
        .unwrap();

    let (secrets, wire) = heard.lock().unwrap().clone();
    for planted in PLANTED {
        assert!(wire.contains(planted), "{planted} was never on the wire");
    }
    // Everything that was found on the wire, assertions among it, and what the simulator planted.
    assert!(secrets.iter().any(|secret| secret.starts_with("eyJ")), "an assertion");
    let mut canaries: Vec<&str> = secrets.iter().map(String::as_str).chain(PLANTED).collect();
    canaries.push(&key);
    canaries.push("eyJ");
    let mut found = Vec::new();
    files(&report.pack.dir, &mut found);
    assert!(found.len() > 50, "{} files", found.len());
    for path in &found {
        let bytes = fs::read(path).unwrap();
        for canary in &canaries {
            assert!(!holds(&bytes, canary), "a canary is in {}", path.display());
        }
    }
    let said = format!("{report:?}");
    assert!(canaries.iter().all(|canary| !said.contains(canary)));

    // The pack says what it removed, and the case that looks for it agrees.
    let logged = fs::read_to_string(report.pack.dir.join("logg/TP-01/3.json")).unwrap();
    assert!(logged.contains("[person-"), "{logged}");
    let of = |id: &str| {
        report
            .results
            .iter()
            .find(|result| result.case_id == id)
            .unwrap()
            .verdict
    };
    assert_eq!(of("SEC-04"), Verdict::Passed);
    assert_eq!(of("SEC-05"), Verdict::Passed);
    assert_eq!(of("SEC-02"), Verdict::NeedsReview, "the planted persons could be real");
    let ledger: Value =
        serde_json::from_slice(&fs::read(report.pack.dir.join("syntetiske-data.json")).unwrap()).unwrap();
    assert!(
        ledger["counts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|count| count["class"] == "couldBeReal")
    );
}
