//! Gets the vendor's system to do a task: a command that is run, a person who is told, or a test.

use std::{
    ffi::OsString,
    fmt,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    process::Stdio,
    sync::Arc,
};

use tokio::{io::AsyncReadExt as _, process::Command};

use super::{
    conclusion::{Conclusion, Outcome},
    tape::Given,
};
use crate::{results::Text, simulator::Endpoints};

/// One task for the vendor's system.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Assignment {
    /// The step.
    pub step: String,
    /// Which of the step's acts, from 1.
    pub act: usize,
    /// What to do, in a word: `fetch`, `poll`, `withholding`, `lookup`, `submit`, `correct`,
    /// `resume` or `feedback`.
    pub task: String,
    /// What the step is, in a sentence.
    pub instruction: Text,
    /// What this task of it is, where the step has several.
    pub say: Option<Text>,
    /// Whether access goes through system users; otherwise the client acts for its owner.
    pub system_user: bool,
    /// What the task comes with.
    pub given: Given,
    /// Who is employed, where the system is told.
    pub employees: Option<Employees>,
    /// The reports to submit.
    pub files: Vec<PathBuf>,
    /// The same folder for all acts of a step, empty at its first: for the system's data.
    pub folder: PathBuf,
    /// Where the system may write what it concluded.
    pub result: PathBuf,
    /// Where to find the services.
    pub endpoints: Endpoints,
}

/// The identity numbers of those who are employed.
#[derive(Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, made by the script and read by drivers"
)]
pub struct Employees(pub Vec<String>);

impl fmt::Debug for Employees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Employees({})", self.0.len())
    }
}

/// What came of a task, as far as the system says.
pub type Told = Option<Conclusion>;

/// Why a task could not be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The command cannot be started.
    #[error("the command {command:?} cannot be run: {detail}; see [run] command in the scenario")]
    Command {
        /// Its first word.
        command: String,
        /// Why.
        detail: String,
    },
    /// What the system wrote cannot be read.
    #[error("step {step}: {problem}")]
    Result {
        /// The step.
        step: String,
        /// What is wrong.
        problem: String,
    },
    /// A step or a fault of the script is wrong.
    #[error("{0}")]
    Script(String),
}

/// The future of a task; dropping it stops the system.
pub type Work = Pin<Box<dyn Future<Output = Result<Told, DriverError>> + Send>>;

/// Gets the vendor's system to do tasks. Dropping the future that it returns has to stop the system
/// at once: that is how a crash is played.
pub trait Driver: Send + Sync {
    /// Gives a task; the future ends when the system is through.
    fn perform(&self, assignment: Assignment) -> Work;
    /// Whether a person does what is asked.
    fn is_attended(&self) -> bool {
        false
    }
}

impl<F: Fn(Assignment) -> Work + Send + Sync> Driver for F {
    fn perform(&self, assignment: Assignment) -> Work {
        self(assignment)
    }
}

/// Most bytes of a command's messages that are kept.
const LONGEST_OUTPUT: u64 = 256 * 1024;

/// Runs a command for each task and waits for its end. What the task is stands in the environment;
/// `docs/counterparty.md` lists the variables.
#[derive(Clone)]
pub struct CommandDriver {
    command: Arc<[OsString]>,
    directory: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

/// Arguments and variables may hold a secret.
impl fmt::Debug for CommandDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandDriver")
            .field("command", &self.command.first())
            .finish_non_exhaustive()
    }
}

impl CommandDriver {
    /// A command and its arguments, run in this folder.
    pub fn new(command: impl IntoIterator<Item = impl Into<OsString>>, directory: Option<&Path>) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            directory: directory.map(Path::to_owned),
            variables: Vec::new(),
        }
    }

    /// Gives it one more environment variable, beside this program's own and those of the task.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }
}

impl Driver for CommandDriver {
    fn perform(&self, assignment: Assignment) -> Work {
        let driver = self.clone();
        Box::pin(async move { driver.run(&assignment).await })
    }
}

impl CommandDriver {
    async fn run(&self, assignment: &Assignment) -> Result<Told, DriverError> {
        let program = self.command.first().cloned().unwrap_or_default();
        let fail = |error: std::io::Error| DriverError::Command {
            command: program.to_string_lossy().into_owned(),
            detail: error.to_string(),
        };
        let mut command = Command::new(&program);
        command
            .args(self.command.iter().skip(1))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(assignment.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut child = command.spawn().map_err(fail)?;
        let mut messages = Vec::new();
        if let Some(errors) = child.stderr.take() {
            let mut kept = errors.take(LONGEST_OUTPUT);
            kept.read_to_end(&mut messages).await.map_err(fail)?;
            // The rest is read and thrown away, or the command would wait for somebody to read it.
            tokio::io::copy(&mut kept.into_inner(), &mut tokio::io::sink())
                .await
                .map_err(fail)?;
        }
        let status = child.wait().await.map_err(fail)?;
        let mut told = read_result(assignment)?.unwrap_or_default();
        if told.outcome.is_none() {
            told.outcome = Some(if status.success() { Outcome::Ok } else { Outcome::Failed });
        }
        if told.messages.is_none() {
            let text = String::from_utf8_lossy(&messages);
            told.messages = Some(text.lines().map(str::to_owned).collect());
        }
        Ok(Some(told))
    }
}

/// What the system wrote, if it wrote something.
fn read_result(assignment: &Assignment) -> Result<Told, DriverError> {
    let wrong = |problem: String| DriverError::Result {
        step: assignment.step.clone(),
        problem,
    };
    match std::fs::read(&assignment.result) {
        Ok(bytes) => Conclusion::from_json(&bytes)
            .map(Some)
            .map_err(|error| wrong(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(format!("the result document cannot be read: {error}"))),
    }
}

/// Production's address of Trekkpålegg: what the environment guard has to refuse.
pub(super) const PRODUCTION: &str = "https://api.skatteetaten.no";

impl Assignment {
    /// The task as environment variables.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, OsString)> {
        let endpoints = &self.endpoints;
        let base = |url: &url::Url| OsString::from(url.as_str().trim_end_matches('/'));
        let orders = if self.given.production {
            PRODUCTION.into()
        } else {
            base(&endpoints.trekkpaalegg)
        };
        let customers: Vec<String> = self
            .given
            .customers
            .iter()
            .map(|customer| match &customer.external_ref {
                Some(reference) => format!("{}:{reference}", customer.organisation),
                None => customer.organisation.clone(),
            })
            .collect();
        let access = if self.system_user {
            "system-user"
        } else {
            "own-organisation"
        };
        let dates: Vec<String> = self.given.pay_dates.iter().map(ToString::to_string).collect();
        let mut variables: Vec<(&'static str, OsString)> = vec![
            ("SKATT_STEP", self.step.clone().into()),
            ("SKATT_ACT", self.act.to_string().into()),
            ("SKATT_TASK", self.task.clone().into()),
            ("SKATT_FOLDER", self.folder.clone().into()),
            ("SKATT_RESULT", self.result.clone().into()),
            ("SKATT_ACCESS", access.into()),
            ("SKATT_CUSTOMERS", customers.join(",").into()),
            ("SKATT_PAY_DATES", dates.join(",").into()),
            ("SKATT_TREKKPAALEGG", orders),
            ("SKATT_FINANSPRODUKTER", base(&endpoints.finansprodukter)),
            ("SKATT_DIALOGPORTEN", base(&endpoints.dialogporten)),
            ("MASKINPORTEN_ISSUER", endpoints.issuer.as_str().into()),
            ("MASKINPORTEN_TOKEN_ENDPOINT", endpoints.token_endpoint.as_str().into()),
        ];
        if let Ok(url) = endpoints.issuer.join(".well-known/oauth-authorization-server") {
            variables.push(("MASKINPORTEN_WELL_KNOWN_URL", url.as_str().into()));
        }
        if let Some(Employees(numbers)) = &self.employees {
            variables.push(("SKATT_EMPLOYEES", numbers.join(",").into()));
        }
        if let Some(size) = &self.given.page_size {
            variables.push(("SKATT_PAGE_SIZE", size.into()));
        }
        if let Some((id, version)) = &self.given.order {
            variables.push(("SKATT_TREKKID", id.into()));
            variables.push(("SKATT_TREKKVERSJON", version.into()));
        }
        if let Ok(files) = std::env::join_paths(&self.files) {
            variables.push(("SKATT_FILES", files));
        }
        variables
    }
}
