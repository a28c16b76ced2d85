//! What the city's systems hand over: CSV, or JSON with one subject a line. A bad line is told by its
//! number and does not stop the others. The formats are described in `docs/import.md`.

use std::io::{BufRead, Read};

use serde_json::{Map, Value};

use super::refusal::{Refusal, Refusals};
use super::subject::Subject;
use crate::domain::text::Repertoire;

/// Longest line, in bytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// A line that was refused.
#[derive(Debug)]
pub struct BadLine {
    /// Number, from 1.
    pub line: usize,
    /// Why.
    pub reason: Reason,
}

/// Why a line was refused.
#[derive(Debug)]
pub enum Reason {
    /// Fields of it; the path is the column.
    Fields(Refusals),
    /// It is not UTF-8.
    NotUtf8,
    /// It is longer than a mebibyte.
    TooLong,
    /// It has more or fewer cells than the header has columns, or a quotation mark that does not end.
    Cells,
    /// Something newer is held already, or something else under the same 履歴番号.
    Older,
}

impl Reason {
    /// What is said against it: by column where it is about one.
    pub fn refusals(&self) -> Vec<Refusal> {
        match self {
            Self::Fields(refusals) => refusals.0.clone(),
            Self::NotUtf8 => vec![Refusal::new("", "import-not-utf8")],
            Self::TooLong => vec![Refusal::new("", "import-line-too-long")],
            Self::Cells => vec![Refusal::new("", "import-cells")],
            Self::Older => vec![Refusal::new("rireki_bango", "rireki-bango-older")],
        }
    }
}

/// A line's number and the subject of it, or what is wrong with it.
pub type Line = Result<(usize, Subject), BadLine>;

/// The lines of a file, each as a subject or as what is wrong with it.
pub fn lines<'r, R: BufRead + 'r>(
    mut input: R,
    repertoire: &'r dyn Repertoire,
) -> std::io::Result<Box<dyn Iterator<Item = Line> + 'r>> {
    // UTF-8 may say of itself that it is.
    if input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        input.consume(3);
    }
    if input.fill_buf()?.first() == Some(&b'{') {
        return Ok(Box::new(JsonLines { input, line: 0, repertoire }));
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(input.take(u64::MAX));
    let mut header = csv::ByteRecord::new();
    reader.read_byte_record(&mut header).map_err(std::io::Error::other)?;
    let columns = header.iter().map(|name| Column::parse(&String::from_utf8_lossy(name))).collect();
    Ok(Box::new(CsvLines { reader, columns, repertoire }))
}

struct JsonLines<'r, R> {
    input: R,
    line: usize,
    repertoire: &'r dyn Repertoire,
}

impl<R: BufRead> Iterator for JsonLines<'_, R> {
    type Item = Line;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(MOST_BYTES).read_until(b'\n', &mut bytes).ok()?;
        if read == 0 {
            return None;
        }
        self.line += 1;
        if bytes.last() != Some(&b'\n') && read as u64 == MOST_BYTES {
            // The rest of it is no line of its own.
            self.input.skip_until(b'\n').ok()?;
            return Some(Err(BadLine { line: self.line, reason: Reason::TooLong }));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return self.next();
        }
        Some(subject(self.line, &bytes, self.repertoire))
    }
}

struct CsvLines<'r, R: BufRead> {
    reader: csv::Reader<std::io::Take<R>>,
    columns: Vec<Column>,
    repertoire: &'r dyn Repertoire,
}

impl<R: BufRead> Iterator for CsvLines<'_, R> {
    type Item = Line;

    fn next(&mut self) -> Option<Self::Item> {
        let mut cells = csv::ByteRecord::new();
        if !self.reader.read_byte_record(&mut cells).ok()? {
            return None;
        }
        let at = cells.position().map_or(0, csv::Position::line);
        let line = usize::try_from(at).unwrap_or(usize::MAX);
        let bad = |reason| Some(Err(BadLine { line, reason }));
        if cells.len() != self.columns.len() {
            return bad(Reason::Cells);
        }
        let mut value = Value::Object(Map::new());
        for (column, cell) in self.columns.iter().zip(&cells) {
            let Ok(cell) = str::from_utf8(cell) else { return bad(Reason::NotUtf8) };
            if !cell.is_empty() || matches!(column.holds, Holds::List) {
                column.put(&mut value, cell);
            }
        }
        Some(subject(line, value.to_string().as_bytes(), self.repertoire))
    }
}

fn subject(line: usize, bytes: &[u8], repertoire: &dyn Repertoire) -> Line {
    let bad = |reason| BadLine { line, reason };
    if str::from_utf8(bytes).is_err() {
        return Err(bad(Reason::NotUtf8));
    }
    Subject::read(bytes, repertoire).map(|subject| (line, subject)).map_err(|refusals| bad(Reason::Fields(refusals)))
}

/// A column: the path of a field (`data.hito.seibetsu`, `data.rireki[0].jiyu`), and what its cells hold:
/// text, or with `:number` and `:flag` numbers and true or false. A column `:list` has no cells: it says that
/// there is a list, of as many items as later columns fill.
struct Column {
    path: Vec<Part>,
    holds: Holds,
}

enum Part {
    Field(String),
    Item(usize),
}

#[derive(Clone, Copy)]
enum Holds {
    Text,
    Number,
    Flag,
    List,
}

/// Most items of a list that columns can name.
const MOST_ITEMS: usize = 100;

impl Column {
    fn parse(name: &str) -> Self {
        let (path, holds) = match name.rsplit_once(':') {
            Some((path, "number")) => (path, Holds::Number),
            Some((path, "flag")) => (path, Holds::Flag),
            Some((path, "list")) => (path, Holds::List),
            _ => (name, Holds::Text),
        };
        let parts = path.split('.').flat_map(|part| {
            let mut pieces = part.split('[');
            let field = Part::Field(pieces.next().unwrap_or_default().to_owned());
            let items = pieces.map(|piece| {
                let index = piece.trim_end_matches(']').parse::<usize>().unwrap_or(MOST_ITEMS);
                Part::Item(index.min(MOST_ITEMS))
            });
            std::iter::once(field).chain(items).collect::<Vec<_>>()
        });
        Self { path: parts.collect(), holds }
    }

    /// What the cell says, or its text: then the field refuses it by name.
    fn value(&self, cell: &str) -> Value {
        let text = || Value::String(cell.to_owned());
        match self.holds {
            Holds::Text => text(),
            Holds::Number => cell.parse::<i64>().map_or_else(|_| text(), Value::from),
            Holds::List => Value::Array(Vec::new()),
            Holds::Flag => cell.parse::<bool>().map_or_else(|_| text(), Value::from),
        }
    }

    fn put(&self, whole: &mut Value, cell: &str) {
        let mut place = whole;
        for part in &self.path {
            place = match part {
                Part::Field(name) => {
                    if !place.is_object() {
                        *place = Value::Object(Map::new());
                    }
                    match place.as_object_mut() {
                        Some(fields) => fields.entry(name.clone()).or_insert(Value::Null),
                        None => return,
                    }
                }
                Part::Item(index) => {
                    if !place.is_array() {
                        *place = Value::Array(Vec::new());
                    }
                    match place.as_array_mut() {
                        Some(items) => {
                            if items.len() <= *index {
                                items.resize(index.saturating_add(1), Value::Null);
                            }
                            &mut items[*index]
                        }
                        None => return,
                    }
                }
            };
        }
        *place = self.value(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Anything;
    use proptest::prelude::*;

    const JSON: &str = include_str!("../../samples/subjects.jsonl");

    fn read(bytes: &[u8]) -> Vec<Line> {
        lines(bytes, &Anything).unwrap().collect()
    }

    fn codes(line: &Line) -> Vec<(String, &'static str)> {
        let Err(bad) = line else { return Vec::new() };
        bad.reason.refusals().into_iter().map(|refusal| (refusal.path, refusal.code)).collect()
    }

    #[test]
    fn the_samples_are_read_in_both_forms_alike() {
        let json: Vec<Subject> = read(JSON.as_bytes()).into_iter().map(|line| line.unwrap().1).collect();
        let csv = read(include_bytes!("../../samples/subjects.csv"));
        assert!(csv.len() >= 4);
        for line in csv {
            let (_, subject) = line.unwrap();
            assert_eq!(json.iter().filter(|known| **known == subject).count(), 1, "{subject:?}");
        }
    }

    #[test]
    fn a_bad_line_is_told_by_number_and_column_and_the_others_are_read() {
        let good = JSON.lines().next().unwrap();
        let other_digit = good.replacen("1000012", "1000013", 1);
        let omitted = good.replace("\"kojin_bango\":\"", "\"kojin_bango\":{\"nothing\":\"omitted\"},\"x\":\"");
        let text = [good, &other_digit, "{", "\u{FEFF}", &omitted, good].join("\n");
        let read = read(text.as_bytes());
        assert_eq!(read.iter().filter(|line| line.is_ok()).count(), 2);
        assert_eq!(codes(&read[1])[0], ("atena_bango".to_owned(), "number-check-digit"));
        assert!(codes(&read[2])[0].1.starts_with("json-"));
        assert_eq!(read[2].as_ref().err().map(|bad| bad.line), Some(3));
        assert!(codes(&read[4]).contains(&("data.hito.x".to_owned(), "unknown-field")), "{:?}", codes(&read[4]));
        assert!(
            codes(&read[4]).contains(&("data.hito.kojin_bango".to_owned(), "omitted-in-a-register"))
                || codes(&read[4]).len() == 1
        );
    }

    #[test]
    fn a_csv_row_with_other_cells_or_another_encoding_is_bad_and_the_next_is_read() {
        let csv = String::from_utf8(include_bytes!("../../samples/subjects.csv").to_vec()).unwrap();
        let mut rows = csv.lines();
        let (header, row) = (rows.next().unwrap(), rows.next().unwrap());
        let mut bytes = format!("{header}\n{row},more\n").into_bytes();
        bytes.extend(row.replace("見本", "?").bytes().map(|byte| if byte == b'?' { 0x8C } else { byte }));
        bytes.extend(format!("\n{row}\n").bytes());
        let read = read(&bytes);
        assert_eq!(codes(&read[0]), [(String::new(), "import-cells")]);
        assert_eq!(codes(&read[1]), [(String::new(), "import-not-utf8")]);
        assert!(read[2].is_ok());
        assert_eq!(read[1].as_ref().err().map(|bad| bad.line), Some(3));
    }

    proptest! {
        #[test]
        fn whatever_comes_every_line_is_read_or_told(bytes in proptest::collection::vec(any::<u8>(), 0..400), json: bool) {
            let mut whole = if json { b"{".to_vec() } else { b"kind,atena_bango,data.x[3].y:number\n".to_vec() };
            whole.extend(bytes);
            for line in read(&whole) {
                prop_assert!(line.is_ok() || !codes(&line).is_empty());
            }
        }
    }
}
