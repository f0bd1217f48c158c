//! The commands `specs status`, `verify`, `surface`, `pull` and `watch`, as programs in a folder
//! like a checkout, against a local registry.

use std::fs;

use super::{
    checkout::{Checkout, Ran},
    registry::Registry,
};

/// The pinned document with one more optional field, as a publisher might have it.
fn published() -> String {
    let pinned = include_str!("../../../specs/trekkpaalegg-app/1.4.json");
    let field = r#""merknad": {"type": "string", "description": "A remark."}, "saksnummer": {"#;
    let published = pinned.replacen(r#""saksnummer": {"#, field, 1);
    assert_ne!(published, pinned);
    published
}

#[tokio::test]
async fn status_and_verify_tell_what_is_pinned() {
    let checkout = Checkout::new();
    let status = checkout.run(&["specs", "status"]).await;
    status.exits(0);
    status.says("reconstructed");
    status.says("2024-10");
    checkout.run(&["specs", "verify"]).await.exits(0);

    let file = checkout.path("specs/trekkpaalegg-app/1.4.json");
    let edited = fs::read_to_string(&file).unwrap().replacen("Trekk", "trekk", 1);
    fs::write(&file, edited).unwrap();
    let verify = checkout.run(&["specs", "verify"]).await;
    verify.exits(4);
    verify.says("1.4.json");
    verify.says("cargo xtask specs pull trekkpaalegg-app@1.4");
}

#[tokio::test]
async fn a_stale_surface_is_shown_as_a_difference() {
    let checkout = Checkout::new();
    checkout.run(&["specs", "surface", "--check"]).await.exits(0);
    let file = checkout.path("specs/surface/trekkpaalegg.txt");
    let committed = fs::read_to_string(&file).unwrap();
    fs::write(&file, committed.replacen("trekkversjon: i64", "trekkversjon: u8", 1)).unwrap();
    let check = checkout.run(&["specs", "surface", "--check"]).await;
    check.exits(4);
    check.says("-  trekkversjon: u8");
    check.says("+  trekkversjon: i64");
    check.says("cargo xtask specs surface");
    checkout.run(&["specs", "surface"]).await.exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), committed);
}

#[tokio::test]
async fn a_pull_replaces_the_reconstruction_and_says_what_that_means() {
    let checkout = Checkout::new();
    let registry = Registry::start().await;
    registry.publish("trekkpaalegg-app", "1.4", published().as_bytes());
    let before = checkout.snapshot();
    let dry = checkout
        .run(&[
            "specs",
            "pull",
            "trekkpaalegg-app",
            "--dry-run",
            "--registry",
            &registry.base,
        ])
        .await;
    dry.exits(0);
    assert_eq!(checkout.snapshot(), before, "a dry run writes nothing");

    let pull = checkout
        .run(&["specs", "pull", "trekkpaalegg-app", "--registry", &registry.base])
        .await;
    pull.exits(0);
    pull.says("replaces the reconstruction");
    pull.says("merknad");
    pull.says("+ type Trekkpaalegg: merknad: Option<String>");
    assert_eq!(
        fs::read_to_string(checkout.path("specs/trekkpaalegg-app/1.4.json")).unwrap(),
        published()
    );
    let lock = fs::read_to_string(checkout.path("specs/specs.toml")).unwrap();
    assert!(lock.contains("provenance = \"published\""), "{lock}");
    checkout.run(&["specs", "verify"]).await.exits(0);
    checkout.run(&["specs", "surface", "--check"]).await.exits(4);
    let again = checkout
        .run(&["specs", "pull", "trekkpaalegg-app@1.4", "--registry", &registry.base])
        .await;
    again.exits(0);
    again.says("already pinned");
}

#[tokio::test]
async fn what_cannot_be_used_or_reached_changes_nothing() {
    let checkout = Checkout::new();
    let before = checkout.snapshot();
    let registry = Registry::start().await;
    let newer = published().replacen("3.0.3", "3.1.0", 1);
    registry.publish("trekkpaalegg-app", "1.4", newer.as_bytes());
    let pull = |ran: Ran, code: i32, text: &str| {
        ran.exits(code);
        ran.says(text);
        assert_eq!(checkout.snapshot(), before);
    };
    let arguments = ["specs", "pull", "trekkpaalegg-app@1.4", "--registry", &registry.base];
    pull(checkout.run(&arguments).await, 2, "OpenAPI 3.1.0 is not supported");
    registry.publish("trekkpaalegg-app", "1.4", b"<html>down for maintenance</html>");
    pull(checkout.run(&arguments).await, 2, "trekkpaalegg-app@1.4");
    let unknown = ["specs", "pull", "trekkpaalegg-app@9", "--registry", &registry.base];
    pull(checkout.run(&unknown).await, 3, "not found");
    let nobody = ["specs", "pull", "trekkpaalegg-app", "--registry", "http://127.0.0.1:1/"];
    pull(checkout.run(&nobody).await, 3, "no answer");
    let plain = [
        "specs",
        "pull",
        "trekkpaalegg-app",
        "--registry",
        "http://registry.example/",
    ];
    pull(checkout.run(&plain).await, 2, "https");
}

#[tokio::test]
async fn the_watch_does_all_that_the_schedule_needs() {
    let checkout = Checkout::new();
    let registry = Registry::start().await;
    registry.publish("trekkpaalegg-app", "1.4", published().as_bytes());
    let pinned = include_bytes!("../../../specs/innrapportering-finansprodukter-api/0.0.1.json");
    registry.publish("innrapportering-finansprodukter-api", "0.0.1", pinned);
    let report = checkout.path("findings.md");
    let arguments = [
        "specs",
        "watch",
        "--report",
        "findings.md",
        "--registry",
        &registry.base,
    ];

    let watch = checkout.run(&arguments).await;
    watch.exits(0);
    let findings = fs::read_to_string(&report).unwrap();
    assert!(findings.contains("merknad"), "{findings}");
    assert!(checkout.output().contains("changed=true"));
    let surface = fs::read_to_string(checkout.path("specs/surface/trekkpaalegg.txt")).unwrap();
    assert!(surface.contains("merknad"), "the surface is written anew");
    checkout.run(&["specs", "verify"]).await.exits(0);

    let quiet = checkout.run(&arguments).await;
    quiet.exits(0);
    assert!(checkout.output().ends_with("changed=false\n"));

    registry.publish(
        "trekkpaalegg-app",
        "1.4",
        published().replacen("A remark.", "Another.", 1).as_bytes(),
    );
    checkout.run(&arguments).await.exits(0);
    let findings = fs::read_to_string(&report).unwrap();
    assert!(
        findings.contains("THE PUBLISHER HAS CHANGED A PUBLISHED VERSION"),
        "{findings}"
    );

    registry.publish("trekkpaalegg-app", "1.5", published().as_bytes());
    checkout.run(&arguments).await.exits(0);
    assert!(
        fs::read_to_string(&report)
            .unwrap()
            .contains("trekkpaalegg-app@1.5: new")
    );
}

#[tokio::test]
async fn a_registry_that_is_down_is_no_news() {
    let checkout = Checkout::new();
    let before = checkout.snapshot();
    let watch = checkout
        .run(&["specs", "watch", "--registry", "http://127.0.0.1:1/"])
        .await;
    watch.exits(3);
    assert!(checkout.output().contains("changed=false"));
    assert_eq!(checkout.snapshot(), before);
    let status = checkout
        .run(&["specs", "status", "--remote", "--registry", "http://127.0.0.1:1/"])
        .await;
    status.exits(3);
    status.says("could not be asked");
}
