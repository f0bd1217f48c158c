//! Whose token is it?

use serde_json::Value;
use skatteetaten_client::{Access, Api, Error, maskinporten::TokenInfo};
use uuid::Uuid;

use crate::{
    results::{ApiName, Provenance, Text},
    run::{Context, Stop},
};

/// The API whose token the case asks for.
fn api(context: &Context) -> Api {
    if context.target().tests(ApiName::Trekkpaalegg) {
        Api::Trekkpaalegg
    } else {
        Api::Finansprodukter
    }
}

/// The claims, or a note that the token cannot be looked into.
fn claims(context: &Context, info: TokenInfo) -> Option<Value> {
    if info.claims.is_none() {
        context.needs_review(
            Text::new("Innholdet i tokenet", "Content of the token"),
            Provenance::Published,
            Text::new("et token som kan leses", "a token that can be read"),
            Text::new("et ugjennomsiktig token", "an opaque token"),
        );
    }
    info.claims
}

/// AUTH-06.
pub(super) async fn system_user(context: Context) -> Result<(), Stop> {
    let organisation = context.target().organisation()?;
    let info = context
        .client()?
        .token(api(&context))
        .await
        .map_err(|error| Stop::blocked(&error))?;
    let Some(claims) = claims(&context, info) else {
        return Ok(());
    };
    let details = claims
        .pointer("/authorization_details")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|entry| entry.get("type").and_then(Value::as_str) == Some("urn:altinn:systemuser"));
    context.check(
        Text::new("Tokenet gjelder en systembruker", "The token is for a system user"),
        Provenance::Published,
        Text::same("authorization_details: urn:altinn:systemuser"),
        if details.is_some() {
            Text::new("finnes", "present")
        } else {
            Text::new("mangler", "absent")
        },
        details.is_some(),
    );
    let Some(details) = details else {
        return Ok(());
    };
    let named = details.pointer("/systemuser_org/ID").and_then(Value::as_str);
    let same = named == Some(format!("0192:{organisation}").as_str());
    context.check(
        Text::new("Systembrukerens organisasjon", "The system user's organisation"),
        Provenance::Published,
        Text::new("kundens organisasjonsnummer", "the customer's organisation number"),
        if same {
            Text::new("kundens", "the customer's")
        } else {
            Text::new("en annen", "another")
        },
        same,
    );
    for field in ["systemuser_id", "system_id"] {
        let present = details.get(field).is_some_and(|value| !value.is_null());
        context.check(
            Text::new(format!("Tokenet har {field}"), format!("The token has {field}")),
            Provenance::Published,
            Text::new("finnes", "present"),
            if present {
                Text::new("finnes", "present")
            } else {
                Text::new("mangler", "absent")
            },
            present,
        );
    }
    Ok(())
}

/// AUTH-13.
pub(super) async fn own_organisation(context: Context) -> Result<(), Stop> {
    let info = context
        .client_for(Access::OwnOrganisation)?
        .token(Api::Trekkpaalegg)
        .await
        .map_err(|error| Stop::blocked(&error))?;
    let Some(claims) = claims(&context, info) else {
        return Ok(());
    };
    let consumer = claims
        .pointer("/consumer/ID")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let number = consumer.strip_prefix("0192:").unwrap_or_default();
    let well_formed = number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit());
    context.check(
        Text::new("consumer er en organisasjon", "consumer is an organisation"),
        Provenance::Published,
        Text::new("0192: og ni siffer", "0192: and nine digits"),
        if well_formed {
            Text::new("0192: og ni siffer", "0192: and nine digits")
        } else {
            Text::new("noe annet", "something else")
        },
        well_formed,
    );
    let system_user = claims
        .get("authorization_details")
        .is_some_and(|value| !value.is_null());
    context.check(
        Text::new("Ingen systembruker", "No system user"),
        Provenance::Published,
        Text::new("ingen authorization_details", "no authorization_details"),
        if system_user {
            Text::new("finnes", "present")
        } else {
            Text::new("mangler", "absent")
        },
        !system_user,
    );
    if well_formed {
        // The owner of the client is told to whoever runs the test; it is not a secret.
        context.outcome(Text::new(
            format!("Tokenet gjelder organisasjonen {number}."),
            format!("The token is for organisation {number}."),
        ));
    }
    Ok(())
}

/// AUTH-14.
pub(super) async fn unknown_reference(context: Context) -> Result<(), Stop> {
    let organisation = context.target().organisation()?;
    let access = Access::system_user_with_ref(organisation, format!("finnes-ikke-{}", Uuid::new_v4()));
    let name = || Text::new("Ukjent externalRef avvises", "An unknown externalRef is refused");
    let expected = || Text::new("MP-303: ingen slik systembruker", "MP-303: no such system user");
    match context.client_for(access)?.token(api(&context)).await {
        Ok(_) => {
            context.check(
                name(),
                Provenance::Published,
                expected(),
                Text::new("et token ble gitt", "a token was given"),
                false,
            );
        }
        Err(Error::Token(error)) if error.refusal().is_some() => {
            let code = error.code().map(|code| code.as_str().to_owned()).unwrap_or_default();
            context.check(
                name(),
                Provenance::Published,
                expected(),
                Text::same(error.to_string()),
                code == "MP-303",
            );
        }
        Err(error) => return Err(Stop::blocked(&error)),
    }
    Ok(())
}

/// AUTH-15.
pub(super) async fn delegation(context: Context) -> Result<(), Stop> {
    let organisation = context.target().delegating().ok_or_else(|| {
        Stop::NotRun(Text::new(
            "Ingen organisasjon har delegert tilgangen; se Target::delegation.",
            "No organisation has delegated the access; see Target::delegation.",
        ))
    })?;
    let info = context
        .client_for(Access::ConsumerOrg(organisation.clone()))?
        .token(Api::Trekkpaalegg)
        .await
        .map_err(|error| Stop::blocked(&error))?;
    let Some(claims) = claims(&context, info) else {
        return Ok(());
    };
    let consumer = claims.pointer("/consumer/ID").and_then(Value::as_str);
    let same = consumer == Some(format!("0192:{organisation}").as_str());
    context.check(
        Text::new(
            "Tokenet gjelder den som har delegert",
            "The token is for the one that delegated",
        ),
        Provenance::Published,
        Text::new(
            "consumer: kundens organisasjonsnummer",
            "consumer: the customer's organisation number",
        ),
        if same {
            Text::new("kundens", "the customer's")
        } else {
            Text::new("en annen", "another")
        },
        same,
    );
    Ok(())
}
