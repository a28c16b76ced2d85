//! What the city's systems hand over: CSV, or JSON with one subject a line. A bad line is told by its
//! number and does not stop the others. The formats are described in `docs/import.md`.

use std::io::{BufRead, Read};

use serde_json::{Map, Value};

use super::refusal::{Refusal, Refusals};
use super::subject::Subject;
use crate::domain::text::Repertoire;

/// Longest line, in bytes: no more of a file than this is held at once.
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
    /// It is not UTF-8 from a character on, counted from 1.
    NotUtf8(usize),
    /// It is longer than a mebibyte.
    TooLong,
    /// It has more or fewer cells than the header has columns.
    Cells {
        /// How many it has.
        found: usize,
        /// How many the header has.
        columns: usize,
    },
    /// A quotation mark does not end in the cell of this number, from 1.
    Quote(usize),
    /// The column of this name fills a field that another column fills, or something in it or around it.
    Twice(String),
    /// It could not be read, nor anything after it.
    NotRead,
    /// Something newer is held already, or something else under the same 履歴番号.
    Older,
}

impl Reason {
    /// What is said against it: by column where it is about one.
    pub fn refusals(&self) -> Vec<Refusal> {
        match self {
            Self::Fields(refusals) => refusals.0.clone(),
            Self::NotUtf8(at) => vec![Refusal::new("", "import-not-utf8").with("column", at)],
            Self::TooLong => vec![Refusal::new("", "import-line-too-long")],
            Self::Cells { found, columns } => {
                vec![Refusal::new("", "import-cells").with("cells", found).with("columns", columns)]
            }
            Self::Quote(at) => vec![Refusal::new("", "import-quote").with("column", at)],
            Self::Twice(path) => vec![Refusal::new(path, "import-twice")],
            Self::NotRead => vec![Refusal::new("", "import-file")],
            Self::Older => vec![Refusal::new("rireki_bango", "rireki-bango-older")],
        }
    }
}

/// A line's number and the subject of it, or what is wrong with it.
pub type Line = Result<(usize, Subject), BadLine>;

/// The lines of a file, each as a subject or as what is wrong with it. Of a file whose header is bad only that
/// is told.
pub fn lines<'r, R: BufRead + 'r>(
    mut input: R,
    repertoire: &'r dyn Repertoire,
) -> std::io::Result<Box<dyn Iterator<Item = Line> + 'r>> {
    // UTF-8 may say of itself that it is.
    if input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        input.consume(3);
    }
    let is_json = input.fill_buf()?.first() == Some(&b'{');
    let mut rows = Rows { input, line: 0, text: Vec::new(), ended: false };
    if is_json {
        return Ok(Box::new(std::iter::from_fn(move || Some(rows.next()?.and_then(|row| row.json(repertoire))))));
    }
    let Some(header) = rows.next() else { return Ok(Box::new(std::iter::empty())) };
    let mut table = match header.and_then(Table::read) {
        Ok(table) => table,
        Err(bad) => return Ok(Box::new(std::iter::once(Err(bad)))),
    };
    Ok(Box::new(std::iter::from_fn(move || Some(rows.next()?.and_then(|row| table.subject(row, repertoire))))))
}

/// The lines of a file that are not empty.
struct Rows<R> {
    input: R,
    line: usize,
    text: Vec<u8>,
    ended: bool,
}

/// A line without its end.
#[derive(Clone, Copy)]
struct Row<'l> {
    line: usize,
    text: &'l str,
}

impl<R: BufRead> Rows<R> {
    fn next(&mut self) -> Option<Result<Row<'_>, BadLine>> {
        let line = loop {
            if self.ended {
                return None;
            }
            self.text.clear();
            self.line = self.line.saturating_add(1);
            match self.read() {
                Ok(true) if self.text.trim_ascii().is_empty() => {}
                Ok(true) => break self.line,
                Ok(false) => return None,
                Err(reason) => return Some(Err(BadLine { line: self.line, reason })),
            }
        };
        let text = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(match str::from_utf8(text) {
            Ok(text) => Ok(Row { line, text }),
            Err(error) => {
                let before = String::from_utf8_lossy(&text[..error.valid_up_to()]).chars().count();
                Err(BadLine { line, reason: Reason::NotUtf8(before.saturating_add(1)) })
            }
        })
    }

    /// Reads a line, and says whether there was one. The rest of one that is too long is no line of its own.
    fn read(&mut self) -> Result<bool, Reason> {
        let read = self.input.by_ref().take(MOST_BYTES).read_until(b'\n', &mut self.text);
        let too_long = self.text.last() != Some(&b'\n') && self.text.len() as u64 == MOST_BYTES;
        let passed = if too_long { self.input.skip_until(b'\n') } else { Ok(0) };
        match (read, passed) {
            (Ok(read), Ok(_)) if !too_long => Ok(read > 0),
            (Ok(_), Ok(_)) => Err(Reason::TooLong),
            _ => {
                self.ended = true;
                Err(Reason::NotRead)
            }
        }
    }
}

impl Row<'_> {
    fn bad(self, reason: Reason) -> BadLine {
        BadLine { line: self.line, reason }
    }

    fn json(self, repertoire: &dyn Repertoire) -> Line {
        self.subject(self.text, repertoire)
    }

    fn subject(self, json: &str, repertoire: &dyn Repertoire) -> Line {
        Subject::read(json.as_bytes(), repertoire).map(|subject| (self.line, subject)).map_err(|mut refusals| {
            // A line is read by itself: it is the first of nothing but of itself.
            for refusal in refusals.0.iter_mut().filter(|refusal| refusal.details.contains_key("line")) {
                refusal.details.insert("line", self.line.to_string());
            }
            self.bad(Reason::Fields(refusals))
        })
    }
}

/// What CSV is read by: its header, and who divides rows into cells (RFC 4180).
struct Table {
    columns: Vec<Column>,
    reader: csv_core::Reader,
}

impl Table {
    fn read(header: Row<'_>) -> Result<Self, BadLine> {
        let mut table = Self { columns: Vec::new(), reader: csv_core::Reader::new() };
        let names = table.cells(header)?;
        table.columns = names.iter().map(|name| Column::parse(name)).collect();
        let mut columns: Vec<&Column> = table.columns.iter().collect();
        columns.sort_by(|a, b| a.path.cmp(&b.path));
        match columns.windows(2).find(|pair| pair[0].path == pair[1].path) {
            Some(pair) => Err(header.bad(Reason::Twice(pair[1].name.clone()))),
            None => Ok(table),
        }
    }

    fn subject(&mut self, row: Row<'_>, repertoire: &dyn Repertoire) -> Line {
        let cells = self.cells(row)?;
        if cells.len() != self.columns.len() {
            return Err(row.bad(Reason::Cells { found: cells.len(), columns: self.columns.len() }));
        }
        let mut value = Value::Object(Map::new());
        for (column, cell) in self.columns.iter().zip(&cells) {
            let says = !cell.is_empty() || matches!(column.holds, Holds::List);
            if says && !column.put(&mut value, cell) {
                return Err(row.bad(Reason::Twice(column.name.clone())));
            }
        }
        row.subject(&value.to_string(), repertoire)
    }

    /// The cells of a row. No field has a line end in it, so that a quotation mark ends in the row in which it
    /// begins; else one that is missing would take the rest of the file with it.
    fn cells(&mut self, row: Row<'_>) -> Result<Vec<String>, BadLine> {
        let input = [row.text.as_bytes(), b"\n"].concat();
        let (mut output, mut ends) = (vec![0; input.len()], vec![0; row.text.len().saturating_add(2)]);
        self.reader.reset();
        let (result, _, _, count) = self.reader.read_record(&input, &mut output, &mut ends);
        if !matches!(result, csv_core::ReadRecordResult::Record) {
            return Err(row.bad(Reason::Quote(count.saturating_add(1))));
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let cell = |(start, end): (usize, &usize)| String::from_utf8_lossy(&output[start..*end]).into_owned();
        Ok(starts.zip(&ends[..count]).map(cell).collect())
    }
}

/// A column: the path of a field (`data.hito.seibetsu`, `data.rireki[0].jiyu`), and what its cells hold:
/// text, or with `:number` and `:flag` numbers and true or false. A column `:list` has no cells: it says that
/// there is a list, of as many items as other columns fill.
struct Column {
    name: String,
    path: Vec<Part>,
    holds: Holds,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
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

/// So deep columns name a field, deeper than any is.
const MOST_DEEP: usize = 100;

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
        Self { name: path.to_owned(), path: parts.take(MOST_DEEP).collect(), holds }
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

    /// Fills the field, unless something else is there already.
    fn put(&self, whole: &mut Value, cell: &str) -> bool {
        let mut place = whole;
        for part in &self.path {
            let empty = place.is_null();
            match part {
                Part::Field(_) if empty => *place = Value::Object(Map::new()),
                Part::Item(_) if empty => *place = Value::Array(Vec::new()),
                _ => {}
            }
            place = match (part, place) {
                (Part::Field(name), Value::Object(fields)) => fields.entry(name.clone()).or_insert(Value::Null),
                (Part::Item(index), Value::Array(items)) => {
                    if items.len() <= *index {
                        items.resize(index.saturating_add(1), Value::Null);
                    }
                    &mut items[*index]
                }
                _ => return false,
            };
        }
        let is_list = matches!(self.holds, Holds::List) && place.is_array();
        if place.is_null() {
            *place = self.value(cell);
            return true;
        }
        is_list
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

    #[test]
    fn no_bad_line_takes_others_with_it_and_lines_are_counted_as_an_editor_does() {
        let csv = String::from_utf8(include_bytes!("../../samples/subjects.csv").to_vec()).unwrap();
        let mut rows = csv.lines();
        let (header, row) = (rows.next().unwrap(), rows.next().unwrap());
        let quote = row.replacen("見本　太郎", "\"見本　太郎", 1);
        let twice = format!("{header},data.hito.seibetsu.nothing\n{row},omitted\n");
        let text = [header, "", row, &quote, "", "", row, "x,y"].join("\r\n");
        let told = |text: &str| -> Vec<_> {
            read(text.as_bytes()).iter().map(|line| (line.as_ref().err().map(|bad| bad.line), codes(line))).collect()
        };
        let of = |line, path: &str, code| (Some(line), vec![(path.to_owned(), code)]);
        let good = || (None, Vec::new());
        assert_eq!(told(&text), [good(), of(4, "", "import-quote"), good(), of(8, "", "import-cells")]);
        assert_eq!(told(&twice), [of(2, "data.hito.seibetsu.nothing", "import-twice")]);
        assert_eq!(told(&format!("{header},kind\n{row},x\n")), [of(1, "kind", "import-twice")]);
        let good_json = JSON.lines().next().unwrap();
        let long = format!("{{{}", " ".repeat(1024 * 1024));
        let text = [good_json, "", "", "{\"kind\":", &long, good_json].join("\n");
        assert_eq!(told(&text), [good(), of(4, "", "json-malformed"), of(5, "", "import-line-too-long"), good()]);
        let place = |line: &Line| line.as_ref().err().unwrap().reason.refusals()[0].details["line"].clone();
        assert_eq!(place(&read(text.as_bytes())[1]), "4");
    }

    #[test]
    fn a_file_that_cannot_be_read_to_its_end_is_told_of() {
        struct Broken(Vec<u8>);
        impl Read for Broken {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                if self.0.is_empty() {
                    return Err(std::io::ErrorKind::ConnectionReset.into());
                }
                let count = into.len().min(self.0.len());
                into[..count].copy_from_slice(&self.0.drain(..count).collect::<Vec<_>>());
                Ok(count)
            }
        }
        let text = JSON.lines().next().unwrap();
        let broken = std::io::BufReader::new(Broken(format!("{text}\n{text}").into_bytes()));
        let read: Vec<Line> = lines(broken, &Anything).unwrap().collect();
        assert!(read[0].is_ok());
        assert_eq!(codes(&read[1]), [(String::new(), "import-file")]);
        assert_eq!(read.len(), 2);
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
