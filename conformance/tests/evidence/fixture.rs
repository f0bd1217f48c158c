//! A run with every verdict and grade, synthetic from end to end.

use std::{path::Path, sync::OnceLock};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use skatteetaten_conformance::{
    evidence::{ClientLog, EvidenceError, Finish, PackSummary, PackWriter, SigningKey},
    results::*,
};

/// Text that must never become markup.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script> & \"q\" | *x*";

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-21T08:00:00Z")
        .unwrap()
        .with_timezone(&Utc)
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn text(what: &str) -> Text {
    Text::new(format!("{what} (bokmål)"), format!("{what} (English)"))
}

pub(crate) fn run(id: &str) -> RunInfo {
    RunInfo {
        id: id.to_owned(),
        start: start(),
        end: None,
        apis: vec![ApiName::Trekkpaalegg, ApiName::Finansprodukter],
        tool: Tool {
            name: "skatt-conformance".into(),
            version: "0.1.0".into(),
            binary_sha256: Some("ab".repeat(32)),
        },
        catalogue_version: "1".into(),
        register_version: "1".into(),
        target: Target {
            kind: TargetKind::Test,
            description: Text::new("Skatteetatens testmiljø", "the Tax Administration's test environment"),
        },
        preset: "system-user".into(),
        operator: None,
        system: System {
            name: "Lønn & Trekk".into(),
            version: "4.2".into(),
            commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
            vendor: Some("Eksempel Lønn AS".into()),
            organisation: Some("312345678".into()),
            contact: Some("integrasjon@lonn.example".into()),
        },
        documents: vec![DocumentRef {
            api: "trekkpaalegg-app".into(),
            version: "1.4".into(),
            sha256: "cd".repeat(32),
            provenance: Provenance::Reconstructed,
        }],
        resumed: Vec::new(),
    }
}

pub(crate) fn check(verdict: Verdict) -> Check {
    Check {
        name: text("Status of the answer"),
        verdict,
        provenance: Provenance::Published,
        expected: Text::same("200"),
        found: Text::same(HOSTILE),
    }
}

pub(crate) fn result(id: &str, grade: Grade, verdict: Verdict, exchanges: &[String]) -> CaseResult {
    if !verdict.rests_on_checks() && verdict != Verdict::NeedsReview {
        return CaseResult::untried(
            id,
            vec!["REQ-1".into()],
            grade,
            verdict,
            text("Not in this environment"),
        );
    }
    CaseResult {
        case_id: id.into(),
        requirement_ids: vec!["REQ-1".into()],
        grade,
        run_status: RunStatus::Finished,
        verdict,
        reason: text("As it was found"),
        checks: vec![check(verdict)],
        attempts: vec![Attempt {
            number: 1,
            start: start(),
            ms: 12,
            verdict,
            reason: text("As it was found"),
            exchange_ids: exchanges.to_vec(),
        }],
        start: Some(start()),
        ms: 12,
        exchange_ids: exchanges.to_vec(),
        outcome: Some(text("3 orders")),
        deviation_id: None,
        correlation_ids: vec!["3f2504e0-4f89-41d3-9a0c-0305e82c3301".into()],
    }
}

/// Case, grade and verdict of every result in the pack.
pub(crate) const CASES: &[(&str, Grade, Verdict)] = &[
    ("AUTH-01", Grade::A, Verdict::Passed),
    ("AUTH-02", Grade::A, Verdict::Remark),
    ("AUTH-03", Grade::B, Verdict::Passed),
    ("TP-01", Grade::A, Verdict::Passed),
    ("TP-02", Grade::A, Verdict::Failed),
    ("TP-03", Grade::B, Verdict::NotRun),
    ("TP-04", Grade::C, Verdict::Passed),
    ("TP-05", Grade::A, Verdict::Blocked),
    ("TP-06", Grade::A, Verdict::NeedsReview),
    ("TP-07", Grade::A, Verdict::NotApplicable),
    ("TP-08", Grade::A, Verdict::ToolError),
    ("SEC-01", Grade::E, Verdict::Passed),
    ("SEC-02", Grade::E, Verdict::Passed),
    ("ATT-01", Grade::D, Verdict::Attested),
];

pub(crate) fn catalogue() -> Catalogue {
    let area = |id: &str, nb: &str, en: &str| Area {
        id: id.into(),
        title: Text::new(nb, en),
    };
    Catalogue {
        version: "1".into(),
        areas: vec![
            area("AUTH", "Autentisering", "Authentication"),
            area("TP", "Trekkpålegg", "Withholding orders"),
            area("SEC", "Sikkerhet", "Security"),
            area("ATT", "Egenerklæringer", "Statements"),
        ],
        cases: CASES
            .iter()
            .map(|(id, _, _)| CaseRecord {
                id: (*id).into(),
                area: id.split('-').next().unwrap().into(),
                title: text(&format!("Title of {id} {HOSTILE}")),
                purpose: text("What it checks"),
                api: None,
                roles: vec![Role::C, Role::D],
                level: Level::Mandatory,
                requirement_ids: vec!["REQ-1".into()],
                steps: vec![Step {
                    action: text("Ask for the list"),
                    expected: text("An answer"),
                }],
                verdict_rule: text("Passed when every check passed"),
                applicability: text("Always"),
                since: "1".into(),
            })
            .collect(),
        checklist: vec![
            line("1.1", &["ATT-01"]),
            line("2.1", &["AUTH-01", "AUTH-02"]),
            line("4.1", &["TP-01", "TP-02"]),
            line("5.1", &["SEC-01"]),
            line("5.2", &["TP-03"]),
            line("6.1", &[]),
        ],
    }
}

fn line(id: &str, cases: &[&str]) -> ChecklistItem {
    ChecklistItem {
        id: id.into(),
        point: text(&format!("Point {}", &id[..1])),
        text: text(&format!("Line {id}")),
        case_ids: cases.iter().map(|case| (*case).into()).collect(),
        note: Text::default(),
    }
}

pub(crate) fn deviation(id: &str, case: &str, status: DeviationStatus) -> Deviation {
    Deviation {
        id: id.into(),
        case_id: case.into(),
        requirement_id: Some("REQ-1".into()),
        severity: Severity::Serious,
        description: text("An order is stored twice"),
        impact: text("Nothing is withheld twice"),
        owner: "Team Lønn".into(),
        plan: text("Will be corrected"),
        due: Some(day("2026-12-24")),
        status,
        first_seen: day("2026-11-01"),
        retest_run: None,
        fault: Fault::Own,
    }
}

pub(crate) fn finish(end: DateTime<Utc>) -> Finish {
    let requirement = |id: &str, shown_by: ShownBy| Requirement {
        id: id.into(),
        source: Source {
            url: "https://skatteetaten.github.io/api-dokumentasjon/".into(),
            commit: None,
            sha256: None,
            quote: None,
        },
        strength: Strength::Must,
        text: text("The whole process is tested"),
        who: text("The vendor"),
        shown_by,
    };
    let mut finish = Finish::new(
        end,
        catalogue(),
        Requirements {
            version: "1".into(),
            requirements: vec![
                requirement(
                    "REQ-1",
                    ShownBy::Cases {
                        ids: CASES.iter().map(|(id, _, _)| (*id).into()).collect(),
                    },
                ),
                requirement(
                    "REQ-2",
                    ShownBy::NotTestable {
                        reason: text("A routine"),
                    },
                ),
            ],
        },
    );
    // Typeset where a test is about it: it takes time.
    finish.pdf = false;
    finish.deviations = vec![
        deviation("AV-1", "TP-02", DeviationStatus::Open),
        deviation("AV-2", "TP-01", DeviationStatus::Retested),
    ];
    finish.ambiguities = vec![Ambiguity {
        id: "Q2".into(),
        finding: text("Status and period disagree"),
        policy: text("Periods decide"),
        question: text("Which one decides?"),
        case_ids: vec!["TP-04".into()],
    }];
    finish.environment = EnvironmentInfo {
        hosts: vec![HostInfo {
            host: "api-test.sits.no".into(),
            purpose: text("Trekkpålegg"),
            reason: None,
        }],
        documents: run("x").documents,
        clock_offset_ms: Some(-40),
        simulator: Some(SimulatorInfo {
            version: "0.1.0".into(),
            seed: Some(7),
        }),
        tls: vec![TlsFact {
            host: "api-test.sits.no".into(),
            fact: Text::same("TLS 1.3"),
        }],
        access_model: "system-user".into(),
        capabilities: vec![Capability {
            name: "system-user".into(),
            declared: true,
        }],
    };
    finish.synthetic = SyntheticLedger {
        rule_version: "1".into(),
        counts: vec![FieldCount {
            field: "skyldner".into(),
            direction: Direction::Incoming,
            class: Class::Synthetic,
            count: 3,
        }],
        allowed_fields: vec![AllowedField {
            field: "betalingsmottaker".into(),
            reason: text("The authority's own number"),
        }],
        blocked: Vec::new(),
        identifiers: Vec::new(),
    };
    finish.redaction = RedactionReport {
        rules: vec![RedactionRule {
            id: "jwt".into(),
            what: text("Tokens"),
        }],
        placeholder_scheme: text("Same value, same placeholder"),
        files: vec![FileHits {
            path: "logg/AUTH-01/1.json".into(),
            hits: [("jwt".to_owned(), 2)].into(),
        }],
    };
    finish.attestations = vec![Attestation {
        case_id: "ATT-01".into(),
        statement: text("A technical contact is named"),
        answer: true,
        comment: String::new(),
        name: "Testleder".into(),
        role: "testleder".into(),
        date: day("2026-11-20"),
        attachment_sha256: None,
    }];
    finish.client_logs = vec![ClientLog {
        name: "klient.log".into(),
        bytes: b"started\n".to_vec(),
    }];
    finish
}

/// Records the cases that have no result yet, in order.
pub(crate) fn record(writer: &PackWriter) -> Result<(), EvidenceError> {
    let done: Vec<String> = writer.done().into_iter().map(|case| case.case_id).collect();
    for (id, grade, verdict) in CASES {
        if done.iter().any(|case| case == id) {
            continue;
        }
        let mut exchanges = Vec::new();
        if verdict.rests_on_checks() {
            writer.event("case.started", Some(id), json!({}))?;
            for number in 1..=2 {
                exchanges.push(writer.exchange(
                    id,
                    &json!({
                        "method": "GET",
                        "url": "https://api-test.sits.no/api/trekkpaalegg/v1",
                        "request": {"headers": {"authorization": "[jwt-1]"}},
                        "outcome": {"response": {"status": 200, "headers": {}, "body": {"json": [{"note": HOSTILE, "number": number}]}}},
                    }),
                )?);
            }
        }
        writer.case(result(id, *grade, *verdict, &exchanges))?;
    }
    Ok(())
}

pub(crate) fn write(out: &Path, id: &str, change: impl FnOnce(&mut Finish)) -> Result<PackSummary, EvidenceError> {
    let writer = PackWriter::begin(out, &run(id))?;
    record(&writer)?;
    let mut end = finish(start() + TimeDelta::minutes(7));
    change(&mut end);
    writer.finish(end)
}

/// An RSA key, made once: that is slow.
pub(crate) fn rsa_pem() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        use aws_lc_rs::encoding::AsDer as _;
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        pem::encode(&pem::Pem::new("PRIVATE KEY", pair.as_der().unwrap().as_ref()))
    })
}

pub(crate) fn ec_pem() -> String {
    rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)
        .unwrap()
        .serialize_pem()
}

pub(crate) fn ed25519_pem() -> String {
    rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519)
        .unwrap()
        .serialize_pem()
}

pub(crate) fn key(pem: &str) -> SigningKey {
    SigningKey::from_text(pem).unwrap()
}
