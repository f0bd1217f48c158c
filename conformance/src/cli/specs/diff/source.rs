//! Finds a document: a file, a URL, a pinned one, or standard input; and, only when asked, the
//! documents that its references name.

use std::{fs, io::Read as _, path::Path, time::Duration};

use futures::StreamExt as _;
use reqwest::Url;
use skatteetaten_specs::{diff::Source, document::Document, manifest};

use super::super::super::Failure;

/// Largest document that is read. The largest published ones have some 13 MB.
const MAX_BYTES: usize = 64 << 20;
/// Most documents that references may bring in.
const MAX_DOCUMENTS: usize = 64;
/// Longest wait for one document.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A document and where it came from.
pub(super) struct Loaded {
    pub(super) source: Source,
    pub(super) pinned: bool,
}

/// Where a document was found, so that relative references can be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Base {
    Web(Url),
    Folder(std::path::PathBuf),
    Nowhere,
}

pub(super) async fn load(name: &str, follow: bool) -> Result<Loaded, Failure> {
    let (bytes, base, pinned) = find(name).await?;
    let shown = if name == "-" { "standard input" } else { name };
    let mut source = Source::parse(shown, &bytes).map_err(Failure::usage)?;
    if pinned && let Ok(document) = manifest::find(name) {
        let entry = document.entry();
        source = source.in_file(format!("specs/{}/{}.json", entry.api, entry.version));
    }
    if follow {
        attach(&mut source, &base).await?;
    }
    Ok(Loaded { source, pinned })
}

async fn find(name: &str) -> Result<(Vec<u8>, Base, bool), Failure> {
    if name == "-" {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 1;
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        return Ok((within_limit("standard input", bytes)?, Base::Nowhere, false));
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        let url = Url::parse(name).map_err(|error| Failure::usage(format!("{name} is no URL: {error}")))?;
        let bytes = fetch(&url).await?;
        return Ok((bytes, Base::Web(url), false));
    }
    let path = Path::new(name);
    if path.exists() {
        let bytes = read(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        return Ok((bytes, Base::Folder(folder), false));
    }
    let looks_like_file = name.contains(['/', '\\']) || (!name.contains('@') && name.contains('.'));
    if looks_like_file {
        return Err(Failure::usage(format!(
            "there is no file {name}; give a file, a URL or a pinned document such as trekkpaalegg-app@1.4"
        )));
    }
    let document = manifest::find(name).map_err(Failure::usage)?;
    let bytes = document.verified().map_err(Failure::usage)?;
    Ok((bytes.to_vec(), Base::Nowhere, true))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let fault = |error: std::io::Error| Failure::usage(format!("{} cannot be read: {error}", path.display()));
    let size = fs::metadata(path).map_err(fault)?.len();
    if usize::try_from(size).is_ok_and(|size| size <= MAX_BYTES) {
        fs::read(path).map_err(fault)
    } else {
        Err(too_large(&path.display().to_string()))
    }
}

fn within_limit(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if bytes.len() > MAX_BYTES {
        return Err(too_large(name));
    }
    Ok(bytes)
}

fn too_large(name: &str) -> Failure {
    Failure::usage(format!(
        "{name} is larger than {} MB, which no OpenAPI document should be; split it, or remove its examples",
        MAX_BYTES >> 20
    ))
}

async fn fetch(url: &Url) -> Result<Vec<u8>, Failure> {
    let fault = |error: reqwest::Error| {
        Failure::refused(format!(
            "{url} cannot be fetched: {}; check the address and the network, or download the document and give the file",
            error.without_url()
        ))
    };
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::limited(5))
        .build()
        .map_err(fault)?;
    let response = client
        .get(url.clone())
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(fault)?;
    if response
        .content_length()
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > MAX_BYTES))
    {
        return Err(too_large(url.as_str()));
    }
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(fault)?);
        if bytes.len() > MAX_BYTES {
            return Err(too_large(url.as_str()));
        }
    }
    Ok(bytes)
}

/// Fetches what references name, and what those documents refer to, up to a limit.
async fn attach(source: &mut Source, base: &Base) -> Result<(), Failure> {
    let mut bases = vec![base.clone()];
    let mut names: Vec<String> = Vec::new();
    loop {
        let open = source.open_references();
        let Some((tree, reference)) = open.into_iter().next() else {
            return Ok(());
        };
        let from = bases.get(tree).cloned().unwrap_or(Base::Nowhere);
        let target = target(&from, &reference, source.tree_name(tree))?;
        let name = target.name();
        if !names.contains(&name) {
            if names.len() == MAX_DOCUMENTS {
                return Err(Failure::usage(format!(
                    "{} refers to more than {MAX_DOCUMENTS} other documents; bundle it into one first",
                    source.document().name()
                )));
            }
            names.push(name.clone());
            bases.push(target.base());
        }
        let bytes = match &target {
            Target::Web(url) => fetch(url).await?,
            Target::File(path) => read(path)?,
        };
        let value = Document::parse_any_version(name.clone(), &bytes)
            .map_err(Failure::usage)?
            .into_value();
        source.attach(tree, &reference, &name, value);
    }
}

enum Target {
    Web(Url),
    File(std::path::PathBuf),
}

impl Target {
    fn name(&self) -> String {
        match self {
            Self::Web(url) => url.to_string(),
            Self::File(path) => path.display().to_string(),
        }
    }

    fn base(&self) -> Base {
        match self {
            Self::Web(url) => Base::Web(url.clone()),
            Self::File(path) => Base::Folder(path.parent().unwrap_or(Path::new("")).to_owned()),
        }
    }
}

/// A document from the web may name others on the web, never files of this machine.
fn target(base: &Base, reference: &str, holder: &str) -> Result<Target, Failure> {
    let absolute = reference.starts_with("http://") || reference.starts_with("https://");
    let fault = |problem: String| {
        Failure::usage(format!(
            "{holder}: the reference {reference} cannot be followed: {problem}"
        ))
    };
    match base {
        _ if absolute => Url::parse(reference)
            .map(Target::Web)
            .map_err(|error| fault(error.to_string())),
        Base::Web(url) => {
            let joined = url.join(reference).map_err(|error| fault(error.to_string()))?;
            if matches!(joined.scheme(), "http" | "https") {
                Ok(Target::Web(joined))
            } else {
                Err(fault(format!(
                    "a document from the web may not name {}",
                    joined.scheme()
                )))
            }
        }
        Base::Folder(folder) => Ok(Target::File(folder.join(reference))),
        Base::Nowhere => Err(fault(
            "it is relative, and it is not known where the document is from".to_owned(),
        )),
    }
}
