//! How often a request is sent, with what, and what the caller is told.

use std::collections::HashSet;
use std::time::Duration;

use http::HeaderValue;
use skatteetaten_client::error::TransportErrorKind;
use skatteetaten_client::transport::{CallOptions, Retry};
use skatteetaten_client::{Api, Error, RetryPolicy, Settings, generated};

use super::server::{Reply, Server, list, list_with};

const LIST: &str = "hentAlleGjeldende";

#[tokio::test]
async fn a_call_carries_the_token_and_the_declared_headers() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let client = server
        .builder()
        .settings(Settings::default().klientid("LonnPluss/4.2"))
        .build()
        .unwrap();
    let first = list(&client).await.unwrap();
    assert_eq!((first.status, first.attempts), (200, 1));
    assert!(first.value.unwrap().is_empty());
    list(&client).await.unwrap();
    let calls = server.api_calls();
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(
            (call.method.as_str(), call.target.as_str()),
            ("GET", "/api/trekkpaalegg/v1")
        );
        assert_eq!(call.header("authorization"), Some("Bearer token-1"));
        assert_eq!(call.header("accept"), Some("application/json"));
        assert_eq!(call.header("klientid"), Some("LonnPluss/4.2"));
        assert_eq!(call.header("api-version"), None);
    }
    let ids: HashSet<_> = calls
        .iter()
        .map(|call| call.header("korrelasjonsid").unwrap())
        .collect();
    assert_eq!(ids.len(), 2, "a fresh id on each call");
    assert!(ids.contains(first.correlation_id.unwrap().as_str()));
}

#[tokio::test]
async fn headers_that_an_operation_does_not_declare_are_not_sent() {
    let server = Server::api(|_| Reply::json(200, "{}")).await;
    let (client, _) = server.client();
    let options = CallOptions::new(Api::Dialogporten, "hentDialog");
    let answer = client
        .transport()
        .send(options, |call| async move {
            let bindings = generated::dialogporten::Client::new_with_client(call.base_url(), call.http(), call.clone());
            let id = uuid::Uuid::nil();
            bindings.hent_dialog().dialog_id(id).send().await
        })
        .await
        .unwrap();
    assert!(
        answer.value.is_none(),
        "an empty object is no dialog, and that is no error here"
    );
    assert_eq!(answer.body, "{}");
    let calls = server.api_calls();
    assert_eq!(calls[0].header("klientid"), None);
    assert_eq!(calls[0].header("korrelasjonsid"), None);
}

#[tokio::test]
async fn server_errors_are_repeated_and_refusals_are_not() {
    for (status, expected) in [
        (500, 3),
        (502, 3),
        (503, 3),
        (400, 1),
        (403, 1),
        (404, 1),
        (409, 1),
        (429, 1),
    ] {
        let server = Server::api(move |_| Reply::json(status, r#"{"kode":"KB-001"}"#)).await;
        let (client, clock) = server.client();
        let error = list(&client).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.attempts(), expected, "{status}");
        assert_eq!(server.api_calls().len(), expected as usize, "{status}");
        assert_eq!(clock.slept().len(), expected as usize - 1);
        assert_eq!(error.is_retryable(), status >= 500 || status == 429);
    }
}

#[tokio::test]
async fn a_repeated_request_that_succeeds_is_a_success() {
    let server = Server::api(|seen| match seen.index {
        // 0 and 1 are Maskinporten's.
        2 => Reply::Reset,
        3 => Reply::json(500, ""),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let (client, _) = server.client();
    assert_eq!(list(&client).await.unwrap().attempts, 3);
}

#[tokio::test]
async fn what_is_not_safe_to_repeat_is_sent_once() {
    let server = Server::api(|_| Reply::json(503, "")).await;
    let (client, clock) = server.client();
    let options = CallOptions::new(Api::Trekkpaalegg, LIST).retry(Retry::Never);
    let error = list_with(&client.transport(), options).await.unwrap_err();
    assert_eq!((error.attempts(), server.api_calls().len()), (1, 1));
    assert!(clock.slept().is_empty());
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = Server::api(|seen| match seen.header("authorization") {
        Some("Bearer token-1") => Reply::json(401, r#"{"kode":"KB-004"}"#),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let (client, clock) = server.client();
    assert_eq!(list(&client).await.unwrap().attempts, 2);
    assert_eq!(server.count("/token"), 2);
    assert!(clock.slept().is_empty(), "a renewal waits for nothing");

    let server = Server::api(|_| Reply::json(401, r#"{"kode":"KB-004"}"#)).await;
    let (client, _) = server.client();
    let error = list(&client).await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(401), 2));
    assert_eq!((server.count("/token"), server.api_calls().len()), (2, 2));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn the_server_decides_how_long_to_wait() {
    let server = Server::api(|seen| match seen.index {
        2 => Reply::new(503, &[("Retry-After", "42")], ""),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let (client, clock) = server.client();
    list(&client).await.unwrap();
    assert_eq!(clock.slept(), [Duration::from_secs(42)]);
}

#[tokio::test]
async fn a_wait_beyond_the_limit_ends_the_call_and_is_told() {
    for status in [503, 429] {
        let server = Server::api(move |_| Reply::new(status, &[("Retry-After", "3600")], "")).await;
        let (client, clock) = server.client();
        let Error::Api(error) = list(&client).await.unwrap_err() else {
            panic!("the API refused");
        };
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
        assert_eq!(server.api_calls().len(), 1);
        assert!(clock.slept().is_empty());
    }
}

#[tokio::test]
async fn a_body_of_ones_own_is_sent_byte_for_byte_on_every_attempt() {
    let exact = br#"{ "leveranse" : {"inntektsaar": 2025 }  }"#;
    let server = Server::api(|seen| match seen.index {
        2 | 3 => Reply::json(500, ""),
        _ => Reply::json(200, "{}"),
    })
    .await;
    let (client, _) = server.client();
    let options = CallOptions::new(Api::Finansprodukter, "innsending").body(exact.to_vec().into());
    let answer = client
        .transport()
        .send(options, |call| async move {
            // What the bindings would write is replaced, so that any request will do here.
            let request = call.http().post(format!("{}/2025", call.base_url()));
            let bindings =
                generated::finansprodukter::Client::new_with_client(call.base_url(), call.http(), call.clone());
            use progenitor_client::{ClientHooks as _, OperationInfo, ResponseValue};
            let info = OperationInfo {
                operation_id: "innsending",
            };
            let response = bindings.exec(request.build()?, &info).await?;
            Ok::<_, progenitor_client::Error<()>>(ResponseValue::stream(response))
        })
        .await
        .unwrap();
    assert_eq!(answer.attempts, 3);
    let calls = server.api_calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.body, exact);
        assert_eq!(call.header("content-type"), Some("application/json"));
        assert_eq!(call.header("klientid"), None, "not declared for this operation");
    }
}

#[tokio::test]
async fn another_accept_replaces_the_bindings_own() {
    let server = Server::api(|_| Reply::json(200, "[]")).await;
    let (client, _) = server.client();
    let options = CallOptions::new(Api::Trekkpaalegg, LIST).accept(HeaderValue::from_static("*/*"));
    list_with(&client.transport(), options).await.unwrap();
    assert_eq!(server.api_calls()[0].header("accept"), Some("*/*"));
}

#[tokio::test]
async fn a_redirect_is_an_error_and_the_token_stays_here() {
    let elsewhere = Server::raw(|_, _| Reply::json(200, "[]")).await;
    let target = format!("{}/api/trekkpaalegg/v1", elsewhere.base);
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let server = Server::api(move |_| Reply::new(status, &[("Location", &target)], "")).await;
        let (client, _) = server.client();
        let error = list(&client).await.unwrap_err();
        let Error::Transport(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind(), TransportErrorKind::Redirect { status });
        assert_eq!(server.api_calls().len(), 1, "a redirect is not tried again");
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_announced_or_not() {
    let body = format!("[{}]", " ".repeat(2000));
    let announced = Reply::json(200, &body);
    let Reply::Bytes(bytes) = announced else { unreachable!() };
    let unannounced = format!("HTTP/1.1 200 X\r\nConnection: close\r\n\r\n{body}").into_bytes();
    for bytes in [bytes, unannounced] {
        let reply = bytes.clone();
        let server = Server::api(move |_| Reply::Bytes(reply.clone())).await;
        let (client, _) = server.client();
        let with_limit = |limit| CallOptions::new(Api::Trekkpaalegg, LIST).max_response(limit);
        let transport = client.transport();
        assert!(list_with(&transport, with_limit(body.len())).await.is_ok());
        let error = list_with(&transport, with_limit(body.len() - 1)).await.unwrap_err();
        let Error::Transport(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind(), TransportErrorKind::TooLarge { limit: body.len() - 1 });
        assert_eq!(
            server.api_calls().len(),
            2,
            "an oversized answer is not asked for again"
        );
    }
}

#[tokio::test]
async fn a_broken_connection_is_told_apart_from_a_refused_one() {
    const HEAD: &[u8] = b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n[";
    let cases: [(fn() -> Reply, TransportErrorKind); 4] = [
        (|| Reply::Reset, TransportErrorKind::Interrupted),
        (|| Reply::Bytes(Vec::new()), TransportErrorKind::Interrupted),
        (
            || Reply::Bytes(b"not http at all\r\n\r\n".to_vec()),
            TransportErrorKind::Protocol,
        ),
        (|| Reply::Bytes(HEAD.to_vec()), TransportErrorKind::Interrupted),
    ];
    for (reply, kind) in cases {
        let server = Server::api(move |_| reply()).await;
        let (client, _) = server.client();
        let error = list(&client).await.unwrap_err();
        let Error::Transport(error) = error else {
            panic!("{error}")
        };
        assert_eq!((error.kind(), error.attempts()), (kind, 3));
        assert!(error.correlation_id().is_some());
        assert_eq!(server.api_calls().len(), 3);
    }
}

#[tokio::test]
async fn nobody_listening_is_a_failed_connection() {
    let api = Server::api(|_| Reply::json(200, "[]")).await;
    // A port that is taken and not listened on stays refused, whatever else runs here.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", taken.local_addr().unwrap());
    let environment = api.environment().with_base_url(Api::Trekkpaalegg, &address).unwrap();
    let client = super::server::builder(environment)
        .settings(Settings::default().retry(RetryPolicy::never()))
        .build()
        .unwrap();
    let error = list(&client).await.unwrap_err();
    let Error::Transport(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.kind(), TransportErrorKind::Connect);
}

#[tokio::test]
async fn a_parameter_that_would_change_the_address_is_never_sent() {
    let server = Server::api(|_| Reply::json(200, "{}")).await;
    let (client, _) = server.client();
    for id in ["..", ".", ""] {
        let options = CallOptions::new(Api::Trekkpaalegg, "hentVersjon");
        let result = client
            .transport()
            .send(options, |call| async move {
                let bindings =
                    generated::trekkpaalegg::Client::new_with_client(call.base_url(), call.http(), call.clone());
                bindings.hent_versjon().trekkid(id).trekkversjon("1").send().await
            })
            .await;
        assert!(matches!(result.unwrap_err(), Error::Misuse(_)), "{id:?}");
    }
    assert!(server.seen().is_empty(), "not even a token was asked for");
}
