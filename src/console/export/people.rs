//! Those whom a work by tag has selected, as rows of a file: for a spreadsheet, and for programs.

use super::{ExportError, FileFormat, PartFile};
use crate::model::{
    CustomerNumber, MessageId, WorkRecipient,
    event_line::{json_line, plain_cell},
};
use serde::Serialize;
use std::{
    io::{self, Write as _},
    path::Path,
};

/// The names of the columns of a table, in the order of the cells.
const COLUMNS: [&str; 8] =
    ["customer", "name", "number", "message", "outcome", "code", "words", "at"];

/// One of the people, as JSON has them: with the code and the words of the status.
#[derive(Clone, Debug, Serialize)]
pub struct RecipientLine<'a> {
    pub customer: &'a str,
    pub name: &'a str,
    pub number: Option<&'a CustomerNumber>,
    pub message: Option<&'a str>,
    /// What became of it: `delivered`, `failed`, `not-yet` …
    pub outcome: &'static str,
    /// The code of the status; 0 if it was not their turn yet.
    pub code: i32,
    /// The status in words, which is the reason if it failed.
    pub words: &'static str,
    /// Since when it stands so.
    pub at: Option<String>,
}

impl<'a> RecipientLine<'a> {
    #[must_use]
    pub fn new(one: &'a WorkRecipient) -> Self {
        Self {
            customer: one.customer.as_str(),
            name: &one.name,
            number: one.number.as_ref(),
            message: one.message.as_ref().map(MessageId::as_str),
            outcome: one.outcome().word(),
            code: one.status.code(),
            words: one.words(),
            at: (!one.at.is_zero()).then(|| one.at.to_string()),
        }
    }
    /// One text for each of the columns, none of which a spreadsheet takes for a formula or a terminal obeys.
    #[must_use]
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let cells = [
            self.customer.to_owned(),
            self.name.to_owned(),
            self.number.map(ToString::to_string).unwrap_or_default(),
            self.message.unwrap_or_default().to_owned(),
            self.outcome.to_owned(),
            self.code.to_string(),
            self.words.to_owned(),
            self.at.clone().unwrap_or_default(),
        ];
        cells.map(|cell| plain_cell(&cell))
    }
}

/// Writes people to a new file, which is for its owner alone.
///
/// # Errors
///
/// Why there is no file.
pub fn to_file(
    people: &[WorkRecipient],
    format: FileFormat,
    path: &Path,
) -> Result<(), ExportError> {
    let failed = |error| ExportError::File { path: path.to_owned(), error };
    let bytes = match format {
        FileFormat::Csv => csv(people),
        FileFormat::Ndjson => ndjson(people),
    };
    let bytes = bytes.map_err(|why| failed(io::Error::other(why)))?;
    let mut part = PartFile::create(path)?;
    part.out.write_all(&bytes).map_err(failed)?;
    part.finish(path).map_err(failed)
}

/// People as CSV, with a header.
///
/// # Errors
///
/// Why it cannot be written, in words.
pub fn csv(people: &[WorkRecipient]) -> Result<Vec<u8>, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = people.iter().map(|one| RecipientLine::new(one).cells());
    let header = COLUMNS.map(str::to_owned);
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

/// People as one JSON object on each line.
///
/// # Errors
///
/// Why it cannot be written, in words.
pub fn ndjson(people: &[WorkRecipient]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for one in people {
        let line = json_line(&RecipientLine::new(one)).map_err(|error| error.to_string())?;
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageStatus, Timestamp};

    #[test]
    fn r_tagwork_9_a_table_has_a_row_for_each_and_no_formula() {
        let one = WorkRecipient {
            customer: "el_cst_1".into(),
            name: "=HYPERLINK(\"x\")".into(),
            number: Some(CustomerNumber::telco("+254711000001")),
            message: Some("el_msg_1".into()),
            status: MessageStatus::Failed,
            at: Timestamp::from_secs(60),
        };
        let none = WorkRecipient {
            number: None,
            message: None,
            status: MessageStatus::Unspecified,
            at: Timestamp::ZERO,
            ..one.clone()
        };
        let text = String::from_utf8(csv(&[one.clone(), none.clone()]).unwrap()).unwrap();
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows[0], "customer,name,number,message,outcome,code,words,at");
        let row = "el_cst_1,\"'=HYPERLINK(\"\"x\"\")\",'+254711000001,el_msg_1,failed,400,failed,";
        assert_eq!(rows[1], format!("{row}1970-01-01T00:01:00.000000Z"));
        assert!(rows[2].ends_with(",,,not-yet,0,not yet,"), "{}", rows[2]);
        let text = String::from_utf8(ndjson(&[one, none]).unwrap()).unwrap();
        let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!((&first["outcome"], &first["code"]), (&"failed".into(), &400.into()));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn r_tagwork_9_a_file_of_people_is_new_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        to_file(&[], FileFormat::Csv, &path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("customer,name,"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let why = to_file(&[], FileFormat::Csv, &path).unwrap_err().to_string();
        assert!(why.contains("is there already"), "{why}");
    }
}
