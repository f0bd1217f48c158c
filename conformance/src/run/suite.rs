//! A catalogue with the scripts that carry it out.

use std::collections::BTreeMap;

use super::plan::{Plan, Selection};
use super::{Options, Report, RunError, Target};
use crate::{
    cases::{self, Script},
    catalogue::{Case, Catalogue, CatalogueError},
    results::{CaseResult, Requirement},
};

/// Cases and how they are carried out. A vendor starts from [`Suite::builtin`] and adds its own:
///
/// ```
/// use skatteetaten_conformance::{
///     cases::{Phase, Script},
///     catalogue::{Case, When},
///     results::{CaseRecord, Level, Provenance, Requirement, Role, ShownBy, Source, Step, Strength, Text},
///     run::{Context, Suite},
/// };
///
/// let mut suite = Suite::builtin()?;
/// suite.add_requirement(Requirement {
///     id: "ACME-R1".into(),
///     source: Source { url: "own practice".into(), commit: None, sha256: None, quote: None },
///     strength: Strength::Own,
///     text: Text::new("Listen er aldri tom hos oss.", "Our list is never empty."),
///     who: Text::same("ACME"),
///     shown_by: ShownBy::Cases { ids: Vec::new() },
/// })?;
/// let case = Case {
///     operations: vec!["hentAlleGjeldende".into()],
///     when: When::Trekkpaalegg,
///     statement: None,
///     record: CaseRecord {
///         id: "ACME-1".into(),
///         area: "ACME".into(),
///         title: Text::new("Minst ett pålegg", "At least one order"),
///         purpose: Text::new("Testdata er på plass.", "Test data is in place."),
///         api: None,
///         roles: vec![Role::D],
///         level: Level::Advisory,
///         requirement_ids: vec!["ACME-R1".into()],
///         steps: vec![Step {
///             action: Text::new("Hent listen.", "Fetch the list."),
///             expected: Text::new("Minst ett.", "At least one."),
///         }],
///         verdict_rule: Text::new("Bestått når listen ikke er tom.", "Passed when the list is not empty."),
///         applicability: Text::new("Alltid.", "Always."),
///         since: "1.0.0".into(),
///     },
/// };
/// suite.add_case(case, Script::new(Phase::Drive, |context: Context| async move {
///     let result = context.client()?.trekkpaalegg().list().await;
///     let page = context.succeeds(Text::same("list"), Provenance::Published, result)?;
///     let count = page.orders.len();
///     context.check(
///         Text::new("Antall pålegg", "Number of orders"),
///         Provenance::Published,
///         Text::new("minst 1", "at least 1"),
///         Text::same(count.to_string()),
///         count > 0,
///     );
///     Ok(())
/// }))?;
/// # Ok::<(), skatteetaten_conformance::catalogue::CatalogueError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Suite {
    pub(super) catalogue: Catalogue,
    pub(super) scripts: BTreeMap<String, Script>,
}

impl Suite {
    /// Everything that is part of this crate.
    ///
    /// # Errors
    /// Never in a released crate: its tests load it.
    pub fn builtin() -> Result<Self, CatalogueError> {
        Ok(Self {
            catalogue: Catalogue::builtin()?,
            scripts: cases::builtin()
                .into_iter()
                .map(|(id, script)| (id.to_owned(), script))
                .collect(),
        })
    }

    /// The catalogue.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Whether a case is carried out by this tool.
    #[must_use]
    pub fn script(&self, case_id: &str) -> Option<&Script> {
        self.scripts.get(case_id)
    }

    /// Adds a vendor's own requirement.
    ///
    /// # Errors
    /// When the id is taken.
    pub fn add_requirement(&mut self, requirement: Requirement) -> Result<(), CatalogueError> {
        self.catalogue.add_requirement(requirement)
    }

    /// Adds a vendor's own case with what it does. Its result appears in the pack as all others.
    ///
    /// # Errors
    /// When the id is taken, or a requirement is missing.
    pub fn add_case(&mut self, case: Case, script: Script) -> Result<(), CatalogueError> {
        let id = case.record.id.clone();
        self.catalogue.add_case(case)?;
        self.scripts.insert(id, script);
        Ok(())
    }

    /// What a run would do.
    ///
    /// # Errors
    /// [`RunError::Selection`] when the selection names something that does not exist.
    pub fn plan(&self, target: &Target, selection: &Selection) -> Result<Plan, RunError> {
        super::plan::plan(self, target, selection)
    }

    /// Runs the selected cases and gives their results, in ascending order of id, without writing
    /// anything: for a vendor's own tests.
    ///
    /// # Errors
    /// [`RunError`] when the run cannot start.
    pub async fn check(&self, target: Target, selection: Selection) -> Result<Vec<CaseResult>, RunError> {
        super::engine::check(self, target, selection).await
    }

    /// Runs the selected cases and writes the pack.
    ///
    /// Dropping the future stops the run and leaves a pack that is marked unfinished;
    /// [`Options::resume`] completes it.
    ///
    /// # Errors
    /// [`RunError`] when the run cannot start or the pack cannot be written. What the cases find
    /// is in the [`Report`].
    pub async fn run(&self, target: Target, options: Options) -> Result<Report, RunError> {
        super::engine::run(self, target, options).await
    }
}
