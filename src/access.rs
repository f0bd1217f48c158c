//! On whose behalf a token is asked for.

use std::fmt;

use crate::error::ConfigurationError;

/// On whose behalf the client acts. It decides what goes into the token request, and it is part of
/// the key under which tokens are kept: a token for one organisation is never used for another.
///
/// Organisation numbers are nine digits; they are checked when a token is asked for, and by
/// [`validate`](Self::validate).
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// The organisation that owns the Maskinporten client, with no delegation.
    OwnOrganisation,
    /// A system user in Altinn that an organisation has granted to the vendor's system.
    SystemUser {
        /// The organisation that the system user acts for.
        organisation: String,
        /// The `externalRef` given when the system user was requested, if one was. Two system
        /// users of one organisation differ only in it; leaving it out when it was given makes
        /// Maskinporten answer MP-303.
        external_ref: Option<ExternalRef>,
    },
    /// Delegation in Altinn without a system user: the organisation that has delegated the API
    /// to the client's owner (the claim `consumer_org`).
    ConsumerOrg(String),
}

impl Access {
    /// A system user without an external reference.
    pub fn system_user(organisation: impl Into<String>) -> Self {
        Self::SystemUser {
            organisation: organisation.into(),
            external_ref: None,
        }
    }

    /// A system user that was requested with an external reference.
    pub fn system_user_with_ref(organisation: impl Into<String>, external_ref: impl Into<String>) -> Self {
        Self::SystemUser {
            organisation: organisation.into(),
            external_ref: Some(ExternalRef::new(external_ref)),
        }
    }

    /// The organisation that the token speaks for, unless it is the client's own.
    #[must_use]
    pub fn organisation(&self) -> Option<&str> {
        match self {
            Self::OwnOrganisation => None,
            Self::SystemUser { organisation, .. } | Self::ConsumerOrg(organisation) => Some(organisation),
        }
    }

    /// Whether a system user is used.
    #[must_use]
    pub const fn is_system_user(&self) -> bool {
        matches!(self, Self::SystemUser { .. })
    }

    /// Checks what can be known before asking Maskinporten.
    ///
    /// # Errors
    /// [`ConfigurationError`] when an organisation number is not nine digits, or an external
    /// reference is empty. The check digit is left to Maskinporten: published examples fail it.
    pub fn validate(&self) -> Result<(), ConfigurationError> {
        if let Some(number) = self.organisation()
            && !is_organisation_number(number)
        {
            // Whatever it is may be an identity number, so it is not repeated.
            return Err(ConfigurationError::new(
                format!(
                    "the organisation number to act for is not nine digits (it has {} characters)",
                    number.chars().count()
                ),
                "give the organisation number as nine digits without spaces or prefix",
            ));
        }
        if let Self::SystemUser {
            external_ref: Some(reference),
            ..
        } = self
            && reference.as_str().is_empty()
        {
            return Err(ConfigurationError::new(
                "the system user's external reference is empty",
                "leave it out when the system user was requested without one",
            ));
        }
        Ok(())
    }
}

/// Shows organisation numbers, which are public; anything else that was put there by mistake, such
/// as an identity number, is left out.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .organisation()
            .map_or("", |number| if is_organisation_number(number) { number } else { "…" });
        match self {
            Self::OwnOrganisation => f.write_str("OwnOrganisation"),
            Self::SystemUser { external_ref, .. } => {
                let reference = if external_ref.is_some() { ", externalRef" } else { "" };
                write!(f, "SystemUser({shown}{reference})")
            }
            Self::ConsumerOrg(_) => write!(f, "ConsumerOrg({shown})"),
        }
    }
}

fn is_organisation_number(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The vendor's own reference for a system user. Its form is free, so it is not shown in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExternalRef(String);

impl ExternalRef {
    /// Takes the reference as it was given when the system user was requested.
    pub fn new(reference: impl Into<String>) -> Self {
        Self(reference.into())
    }

    /// The reference.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ExternalRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalRef(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_checked_and_never_repeated() {
        assert!(Access::OwnOrganisation.validate().is_ok());
        assert!(Access::system_user("310000007").validate().is_ok());
        for bad in ["", "31000000", "0192:310000007", "01899912345", "31000000x"] {
            let error = Access::ConsumerOrg(bad.to_owned()).validate().unwrap_err();
            assert!(bad.is_empty() || !format!("{:?}", Access::system_user(bad)).contains(bad));
            assert!(bad.is_empty() || !error.to_string().contains(bad), "{error}");
        }
        assert!(Access::system_user_with_ref("310000007", "").validate().is_err());
    }
}
