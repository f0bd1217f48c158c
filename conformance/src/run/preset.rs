//! Access models.

use std::{fmt, str::FromStr};

use skatteetaten_client::Access;

use crate::{catalogue::When, results::Text};

/// The access model that a run tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new access model changes the catalogue too")]
pub enum Preset {
    /// Every model in one run; only against a simulator, which grants them all.
    All,
    /// The organisation that owns the Maskinporten client, for itself.
    OwnOrganisation,
    /// A system user that a customer has granted.
    SystemUser,
    /// A system user for the clients of an accountant or auditor.
    ClientSystemUser,
    /// Delegation in Altinn without a system user.
    Delegation,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 5] = [
        Self::All,
        Self::OwnOrganisation,
        Self::SystemUser,
        Self::ClientSystemUser,
        Self::Delegation,
    ];

    /// The name on the command line and in a pack.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::OwnOrganisation => "own-organisation",
            Self::SystemUser => "system-user",
            Self::ClientSystemUser => "client-system-user",
            Self::Delegation => "delegation",
        }
    }

    /// The preset that fits an access.
    #[must_use]
    pub fn of(access: &Access) -> Self {
        match access {
            Access::SystemUser { .. } => Self::SystemUser,
            Access::ConsumerOrg(_) => Self::Delegation,
            _ => Self::OwnOrganisation,
        }
    }

    /// Whether there is a system user.
    #[must_use]
    pub const fn has_system_user(self) -> bool {
        matches!(self, Self::All | Self::SystemUser | Self::ClientSystemUser)
    }

    /// Why a case that needs `when` cannot be tried with this preset; `None` when it can.
    #[must_use]
    pub fn excludes(self, when: When) -> Option<Text> {
        match when {
            When::SystemUser | When::Finansprodukter if !self.has_system_user() => Some(Text::new(
                format!("Krever systembruker; tilgangsmodellen «{}» har ingen.", self.name()),
                format!("Needs a system user; the access model \"{}\" has none.", self.name()),
            )),
            When::OwnOrganisation if !matches!(self, Self::All | Self::OwnOrganisation) => Some(Text::new(
                format!(
                    "Gjelder egen organisasjon uten systembruker; tilgangsmodellen er «{}».",
                    self.name()
                ),
                format!(
                    "Is about the own organisation without a system user; the access model is \"{}\".",
                    self.name()
                ),
            )),
            When::Delegation if !matches!(self, Self::All | Self::Delegation) => Some(Text::new(
                format!(
                    "Gjelder delegering uten systembruker; tilgangsmodellen er «{}».",
                    self.name()
                ),
                format!(
                    "Is about delegation without a system user; the access model is \"{}\".",
                    self.name()
                ),
            )),
            _ => None,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == text)
            .ok_or_else(|| {
                format!(
                    "{text:?} is no preset; choose one of {}",
                    Self::ALL.map(Self::name).join(", ")
                )
            })
    }
}
