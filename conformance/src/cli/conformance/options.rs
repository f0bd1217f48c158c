//! Which cases, and against what: shared by the run and the plan.

use std::path::PathBuf;

use clap::ValueEnum;
use skatteetaten_client::{RetryPolicy, Settings};

use crate::{
    cli::{Failure, Ui},
    config::Config,
    results::{ApiName, Role, System},
    run::{Preset, Selection, Target},
    simulator::Simulator,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TargetKind {
    /// An own simulator, started for the run: a self-check of this tool.
    Simulator,
    /// The hosts of the configuration.
    Test,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Api {
    Trekkpaalegg,
    Finansprodukter,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    /// The vendor's client is the one under test.
    C,
    /// This tool drives the target.
    D,
    /// A check on recorded data.
    P,
    /// A statement.
    M,
}

#[derive(Debug, clap::Args)]
pub(super) struct What {
    /// Only this API.
    #[arg(long, value_enum)]
    api: Option<Api>,
    /// What is tested against.
    #[arg(long, value_enum, default_value_t = TargetKind::Simulator)]
    target: TargetKind,
    /// The configuration file, for `--target test`.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// The access model: all, own-organisation, system-user, client-system-user or delegation.
    /// Without it the configuration's, or all against the simulator.
    #[arg(long, value_name = "P")]
    preset: Option<Preset>,
    /// Only this case; may be repeated.
    #[arg(long, value_name = "ID")]
    case: Vec<String>,
    /// Only cases that show something about this requirement; may be repeated.
    #[arg(long, value_name = "ID")]
    requirement: Vec<String>,
    /// Only cases of this role; may be repeated.
    #[arg(long, value_enum, value_name = "R", ignore_case = true)]
    role: Vec<RoleName>,
    /// The income year of submissions.
    #[arg(long, value_name = "YEAR", default_value_t = 2024, value_parser = clap::value_parser!(i32).range(1900..2999))]
    year: i32,
}

/// A target that can be used, and what has to live as long.
pub(super) struct Opened {
    pub(super) target: Target,
    pub(super) system: System,
    pub(super) simulator: Option<Simulator>,
}

impl What {
    pub(super) fn selection(&self) -> Selection {
        Selection {
            apis: self
                .api
                .iter()
                .map(|api| match api {
                    Api::Trekkpaalegg => ApiName::Trekkpaalegg,
                    Api::Finansprodukter => ApiName::Finansprodukter,
                })
                .collect(),
            cases: self.case.iter().cloned().collect(),
            requirements: self.requirement.iter().cloned().collect(),
            roles: self
                .role
                .iter()
                .map(|role| match role {
                    RoleName::C => Role::C,
                    RoleName::D => Role::D,
                    RoleName::P => Role::P,
                    RoleName::M => Role::M,
                })
                .collect(),
        }
    }

    pub(super) async fn open(&self, ui: &Ui) -> Result<Opened, Failure> {
        let settings = Settings::default()
            .klientid(concat!("skatt-conformance/", env!("CARGO_PKG_VERSION")))
            .retry(RetryPolicy::never());
        match self.target {
            TargetKind::Simulator => {
                if self.config.is_some() {
                    return Err(Failure::usage(
                        "--config belongs to --target test; the simulator of a run needs no configuration",
                    ));
                }
                let preset = self.preset.unwrap_or(Preset::All);
                let simulator = start(preset).await?;
                let mut target = Target::simulator(&simulator, preset)
                    .map_err(Failure::internal)?
                    .settings(settings)
                    .income_year(self.year);
                if let (Preset::All, Some(employer)) = (preset, simulator.organisations().first()) {
                    target = target.delegation(employer);
                }
                let system = System {
                    name: "skatt-conformance".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..System::default()
                };
                Ok(Opened {
                    target,
                    system,
                    simulator: Some(simulator),
                })
            }
            TargetKind::Test => {
                let config = Config::load(self.config.as_deref(), &ui.env).map_err(Failure::usage)?;
                let system = system(config.system());
                let mut target = Target::configured(config)
                    .map_err(Failure::usage)?
                    .settings(settings)
                    .income_year(self.year);
                if let Some(preset) = self.preset {
                    let fits = target.access_fits(preset);
                    if !fits {
                        return Err(Failure::usage(format!(
                            "the configuration gives no access of the kind {preset}; set access.model to it, with its organisations"
                        )));
                    }
                    target = target.preset(preset);
                }
                Ok(Opened {
                    target,
                    system,
                    simulator: None,
                })
            }
        }
    }
}

/// A simulator that grants what the preset needs.
async fn start(preset: Preset) -> Result<Simulator, Failure> {
    let mut builder = Simulator::builder();
    let employers = crate::simulator::Data::published().employers();
    if let Some(employer) = employers.first() {
        match preset {
            Preset::OwnOrganisation => builder = builder.owner(employer),
            Preset::Delegation | Preset::All => builder = builder.delegation(employer),
            Preset::SystemUser | Preset::ClientSystemUser => {}
        }
    }
    builder.start().await.map_err(Failure::internal)
}

/// Empty texts in the configuration are left open in the pack.
pub(super) fn system(system: &crate::config::System) -> System {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    System {
        name: system.name.clone(),
        version: system.version.clone(),
        commit: some(&system.commit),
        vendor: some(&system.vendor),
        organisation: some(&system.organisation),
        contact: some(&system.contact),
    }
}
