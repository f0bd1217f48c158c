//! Typesetting: one template, one data file, the fonts that come with the library, and nothing else.
//! No file system and no network; the same data gives the same bytes.

use std::sync::OnceLock;

use serde_json::Value;
use typst::{
    Library, LibraryExt as _, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Label, Smart},
    layout::PagedDocument,
    syntax::{FileId, Source, VirtualPath},
    text::{Font, FontBook},
    utils::{LazyHash, PicoStr},
};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

const TEMPLATE: &str = include_str!("../../../templates/summary.typ");

/// The world of one document.
struct Page {
    library: LazyHash<Library>,
    main: Source,
    view: (FileId, Bytes),
}

struct Fonts {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let fonts: Vec<Font> = typst_assets::fonts()
            .flat_map(|data| Font::iter(Bytes::new(data)))
            .collect();
        Fonts {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
        }
    })
}

impl World for Page {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &fonts().book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() {
            Ok(self.main.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.view.0 {
            Ok(self.view.1.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<i64>) -> Option<Datetime> {
        // A document does not depend on the day on which it is made.
        None
    }
}

/// A typeset document.
pub(super) struct Typeset {
    /// PDF/A-2a: archivable, with the structure that a screen reader needs.
    pub(super) pdf: Vec<u8>,
    /// The page on which the annex begins.
    pub(super) annex: usize,
}

/// Typesets the view; `ident` tells documents apart.
pub(super) fn typeset(view: &Value, ident: &str) -> Result<Typeset, String> {
    let view = serde_json::to_vec(&drawable(view)).map_err(|error| error.to_string())?;
    let page = Page {
        library: LazyHash::new(Library::default()),
        main: Source::new(FileId::new(None, VirtualPath::new("summary.typ")), TEMPLATE.to_owned()),
        view: (FileId::new(None, VirtualPath::new("view.json")), Bytes::new(view)),
    };
    let document: PagedDocument = typst::compile(&page).output.map_err(|errors| message(&page, errors))?;
    let annex = Label::new(PicoStr::intern("annex"))
        .and_then(|label| document.introspector.query_label(label).ok()?.location())
        .map(|location| document.introspector.page(location).get())
        .ok_or("the template has no label <annex>")?;
    let options = PdfOptions {
        ident: Smart::Custom(ident),
        timestamp: None,
        page_ranges: None,
        standards: PdfStandards::new(&[PdfStandard::A_2a]).map_err(|error| error.to_string())?,
        tagged: true,
    };
    let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| message(&page, errors))?;
    // What the library remembers for the next time would keep this pack's data in memory.
    comemo::evict(0);
    Ok(Typeset { pdf, annex })
}

fn message(page: &Page, errors: impl IntoIterator<Item = SourceDiagnostic>) -> String {
    errors
        .into_iter()
        .map(|error| {
            let line = error
                .span
                .id()
                .and_then(|id| page.source(id).ok())
                .and_then(|source| source.lines().byte_to_line(source.range(error.span)?.start))
                .map_or(0, |line| line + 1);
            format!("line {line}: {}", error.message)
        })
        .collect::<Vec<_>>()
        .join("; ")
}

/// Characters that PDF/A level a forbids even where a font draws them: private use, the byte order
/// mark and what is no character.
fn without_meaning(character: char) -> bool {
    matches!(u32::from(character), 0xE000..=0xF8FF | 0xFEFF | 0xFFFE..=0xFFFF | 0xF_0000..)
}

/// The longest word that fits on a line wherever it may stand.
const WORD: usize = 66;

/// PDF/A refuses a character that no font can draw, and a stray one in a vendor's text must not
/// cost the document: it becomes a question mark. A word that no line can hold may break.
fn drawable(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut drawn = String::with_capacity(text.len());
            let mut word = 0;
            for character in text.chars() {
                word = if character.is_whitespace() { 0 } else { word + 1 };
                if word > WORD {
                    drawn.push('\u{200B}');
                    word = 1;
                }
                drawn.push(match character {
                    blank if blank.is_whitespace() => ' ',
                    known if drawable_character(known) => known,
                    _ => '?',
                });
            }
            drawn.into()
        }
        Value::Array(items) => items.iter().map(drawable).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), drawable(member)))
            .collect(),
        other => other.clone(),
    }
}

fn drawable_character(character: char) -> bool {
    !character.is_control()
        && !without_meaning(character)
        && fonts()
            .fonts
            .iter()
            .any(|font| font.info().coverage.contains(u32::from(character)))
}
