//! Tokens: what is asked for, how often, and what is said when Maskinporten refuses.

use std::sync::Arc;
use std::time::Duration;

use skatteetaten_client::clock::Clock as _;
use skatteetaten_client::error::{Refusal, TokenErrorKind};
use skatteetaten_client::{Access, Api, Error};

use super::server::{Reply, Server, list, metadata, token};

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_before_it_expires() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let (client, clock) = server.client();
    list(&client).await.unwrap();
    clock.advance(Duration::from_secs(89));
    list(&client).await.unwrap();
    assert_eq!(server.count("/token"), 1);
    clock.advance(Duration::from_secs(1));
    list(&client).await.unwrap();
    assert_eq!(server.count("/token"), 2, "renewed 30 of its 120 s before the end");
    assert_eq!(server.count("/.well-known/oauth-authorization-server"), 1);
    // Somebody sets the clock: back makes no difference, forward makes the token look old.
    clock.set_now(clock.now() - Duration::from_secs(3600));
    list(&client).await.unwrap();
    assert_eq!(server.count("/token"), 2);
    clock.set_now(clock.now() + Duration::from_secs(7200));
    list(&client).await.unwrap();
    assert_eq!(server.count("/token"), 3);
}

#[tokio::test]
async fn each_api_and_each_subject_has_a_token_of_its_own() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let (client, _) = server.client();
    let subjects = [
        Access::OwnOrganisation,
        Access::system_user("310000007"),
        Access::system_user_with_ref("310000007", "a"),
        Access::system_user_with_ref("310000007", "b"),
        Access::ConsumerOrg("310000007".into()),
    ];
    for _ in 0..2 {
        for access in &subjects {
            for api in Api::ALL {
                client.with_access(access.clone()).token(api).await.unwrap();
            }
        }
    }
    assert_eq!(server.count("/token"), subjects.len() * Api::ALL.len());
}

#[tokio::test]
async fn a_refusal_is_shared_by_those_who_wait_and_not_by_the_next() {
    let server = Server::raw(|seen, base| match seen.target.as_str() {
        "/token" if seen.index < 2 => Reply::json(400, r#"{"error":"invalid_scope"}"#),
        "/token" => token("good"),
        _ => metadata(base),
    })
    .await;
    let (client, _) = server.client();
    let calls = (0..20).map(|_| client.token(Api::Trekkpaalegg));
    let results = futures::future::join_all(calls).await;
    assert_eq!(server.count("/token"), 1);
    for result in results {
        let Err(Error::Token(error)) = result else {
            panic!("a refusal")
        };
        assert_eq!(error.refusal(), Some(Refusal::Scope));
    }
    client.token(Api::Trekkpaalegg).await.unwrap();
}

#[tokio::test]
async fn a_wrong_clock_is_noticed_and_named() {
    let server = Server::raw(|seen, base| match seen.target.as_str() {
        "/token" => Reply::new(
            400,
            &[("Date", "Sun, 06 Nov 1994 08:49:37 GMT")],
            r#"{"error":"invalid_grant","error_description":"Invalid assertion"}"#,
        ),
        _ => metadata(base),
    })
    .await;
    let (client, clock) = server.client();
    let server_time = chrono::DateTime::parse_from_rfc2822("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
    clock.set_now((server_time + chrono::TimeDelta::seconds(95)).into());
    let Err(Error::Token(error)) = client.token(Api::Trekkpaalegg).await else {
        panic!("a refusal");
    };
    assert_eq!(error.clock_difference().unwrap().seconds_ahead, 95);
    assert!(!error.clock_difference().unwrap().is_tolerated());
    assert!(error.to_string().contains("95 s ahead"), "{error}");
}

#[tokio::test]
async fn maskinporten_out_of_order_is_tried_again_with_a_new_assertion() {
    let server = Server::raw(|seen, base| match seen.target.as_str() {
        "/token" if seen.index < 3 => Reply::json(503, ""),
        "/token" => token("good"),
        _ => metadata(base),
    })
    .await;
    let (client, _) = server.client();
    client.token(Api::Trekkpaalegg).await.unwrap();
    let bodies: Vec<_> = server.seen().into_iter().filter(|seen| !seen.body.is_empty()).collect();
    assert_eq!(bodies.len(), 3);
    assert_ne!(bodies[0].body, bodies[1].body, "an assertion is accepted once");
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_followed() {
    type Answer = fn(&str) -> Reply;
    let answers: [Answer; 6] = [
        |_| {
            Reply::json(
                200,
                r#"{"issuer":"https://other.example/","token_endpoint":"https://other.example/token"}"#,
            )
        },
        |base| Reply::json(200, format!(r#"{{"issuer":"{base}/"}}"#)),
        |base| {
            Reply::json(
                200,
                format!(r#"{{"issuer":"{base}/","token_endpoint":"http://other.example/token"}}"#),
            )
        },
        |base| {
            Reply::json(
                200,
                format!(r#"{{"issuer":"{base}/","token_endpoint":"https://other.example/token"}}"#),
            )
        },
        |_| Reply::json(200, "<html>"),
        |_| Reply::json(404, "{}"),
    ];
    for answer in answers {
        let server = Server::raw(move |_, base| answer(base)).await;
        let (client, _) = server.client();
        let Err(Error::Token(error)) = client.token(Api::Trekkpaalegg).await else {
            panic!("nothing to ask");
        };
        assert!(matches!(error.kind(), TokenErrorKind::InvalidAnswer(_)), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_client_without_access_to_the_scope_says_so_before_asking() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let key = skatteetaten_client::maskinporten::SigningKey::from_signer(
        Arc::new(super::server::CheapSigner),
        skatteetaten_client::maskinporten::KeyId::Kid("k".into()),
    );
    let config = skatteetaten_client::maskinporten::Config::new("c", key)
        .scopes([Api::Trekkpaalegg.scope(), Api::Dialogporten.scope()]);
    let client = server.builder().maskinporten(config).build().unwrap();
    client.token(Api::Trekkpaalegg).await.unwrap();
    client.token(Api::Dialogporten).await.unwrap();
    assert_eq!(server.count("/token"), 1, "one token serves both");
    let error = client.token(Api::Finansprodukter).await.unwrap_err();
    assert!(matches!(error, Error::Configuration(_)), "{error}");
}

#[tokio::test]
async fn many_calls_that_find_the_same_token_refused_renew_it_once() {
    let server = Server::api(|seen| match seen.header("authorization") {
        Some("Bearer token-1") => Reply::json(401, ""),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let (client, _) = server.client();
    client.token(Api::Trekkpaalegg).await.unwrap();
    let calls = (0..50).map(|_| list(&client));
    let results = futures::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.count("/token"), 2);
}

#[tokio::test]
async fn calls_can_be_moved_to_other_threads() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let (client, _) = server.client();
    let moved = tokio::spawn(async move {
        let token = client.token(Api::Trekkpaalegg).await;
        token.and(list(&client).await.map(|answer| answer.status))
    });
    assert_eq!(moved.await.unwrap().unwrap(), 200);
}

#[tokio::test]
async fn a_clock_that_differs_is_told_with_a_token_that_was_issued_all_the_same() {
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    let server = Server::raw(|seen, base| match seen.target.as_str() {
        "/token" => Reply::new(200, &[("Date", DATE)], r#"{"access_token":"t","expires_in":120}"#),
        _ => metadata(base),
    })
    .await;
    let (client, clock) = server.client();
    let server_time = chrono::DateTime::parse_from_rfc2822(DATE).unwrap();
    clock.set_now((server_time - chrono::TimeDelta::seconds(4)).into());
    let info = client.token(Api::Trekkpaalegg).await.unwrap();
    let difference = info.clock_difference.unwrap();
    assert_eq!(difference.seconds_ahead, -4);
    assert!(difference.is_tolerated());
    assert_eq!(
        difference.to_string(),
        "this computer's clock is 4 s behind the server's"
    );
}

#[tokio::test]
async fn the_cache_is_as_large_as_the_settings_say() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let settings = skatteetaten_client::Settings::default().token_capacity(2);
    let client = server.builder().settings(settings).build().unwrap();
    for organisation in [
        "310000007",
        "310000015",
        "310000023",
        "310000023",
        "310000015",
        "310000007",
    ] {
        let client = client.with_access(Access::system_user(organisation));
        client.token(Api::Trekkpaalegg).await.unwrap();
    }
    assert_eq!(server.count("/token"), 4, "the first had made room for the third");
}
