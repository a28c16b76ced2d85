//! 業務フロー図: a procedure as swim lanes, in SVG. Time runs downwards; each party and place has a lane.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Condition, Correction, Party, Place, Procedure, Step, StepKey};
use crate::document::words::Words;

/// Lengths in pixels.
const MARGIN: f64 = 24.0;
const HEADING: f64 = 44.0;
const LANE_HEAD: f64 = 30.0;
const GUTTER: f64 = 30.0;
const BOX: f64 = 186.0;
const NOTE: f64 = 150.0;
const PAD: f64 = 7.0;
/// Between two rows: room for arrows.
const GAP: f64 = 32.0;
/// How far apart run an arrow that leaves a row for a far one and one that arrives from afar.
const APART: f64 = 6.0;
/// Sizes of letters.
const ACTION: f64 = 13.0;
const SMALL: f64 = 9.5;
/// Of a line, as a multiple of the size of its letters.
const LEADING: f64 = 1.35;

/// A lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Visitor,
    ContractorCounter,
    ContractorBackYard,
    CityCounter,
    CityBackYard,
    Other,
}

impl Lane {
    fn of(step: &Step) -> Self {
        let at_counter = step.place == Place::Counter;
        match step.performer.role.party() {
            _ if step.performer.elsewhere => Self::Other,
            Party::Visitor => Self::Visitor,
            Party::Contractor if at_counter => Self::ContractorCounter,
            Party::Contractor => Self::ContractorBackYard,
            Party::City if at_counter => Self::CityCounter,
            Party::City => Self::CityBackYard,
            Party::Outside => Self::Other,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::ContractorCounter => "contractor-counter",
            Self::ContractorBackYard => "contractor-back-yard",
            Self::CityCounter => "city-counter",
            Self::CityBackYard => "city-back-yard",
            Self::Other => "other",
        }
    }

    fn tint(self) -> &'static str {
        match self {
            Self::Visitor => "#f6f1e4",
            Self::ContractorCounter | Self::ContractorBackYard => "#e8f1ea",
            Self::CityCounter | Self::CityBackYard => "#e6edf6",
            Self::Other => "#eeeeee",
        }
    }
}

/// One line of text in a box or a note.
struct TextLine {
    text: String,
    size: f64,
    class: &'static str,
}

/// A box, where it stands.
struct Placed<'a> {
    step: &'a Step,
    lane: Lane,
    row: usize,
    lines: Vec<TextLine>,
    notes: Vec<TextLine>,
    is_gate: bool,
    top: f64,
}

impl Placed<'_> {
    fn height(&self) -> f64 {
        height(&self.lines)
    }
}

/// The whole drawing.
struct Diagram<'a> {
    boxes: Vec<Placed<'a>>,
    /// Left edge and width of each lane that is used.
    lanes: BTreeMap<Lane, (f64, f64)>,
    /// Top of each row.
    rows: Vec<f64>,
    width: f64,
    bottom: f64,
}

/// Draws a procedure.
pub fn draw(procedure: &Procedure, words: &Words) -> String {
    let diagram = Diagram::lay_out(procedure, words);
    let mut svg = String::new();
    diagram.frame(&mut svg, procedure, words);
    for placed in &diagram.boxes {
        for before in &placed.step.after {
            diagram.arrow(&mut svg, before, placed);
        }
    }
    for correction in &procedure.corrections {
        diagram.correction(&mut svg, correction, words);
    }
    for placed in &diagram.boxes {
        diagram.step(&mut svg, placed);
    }
    svg.push_str("</svg>\n");
    svg
}

impl<'a> Diagram<'a> {
    fn lay_out(procedure: &'a Procedure, words: &Words) -> Self {
        let mut boxes: Vec<Placed<'a>> = rows(procedure)
            .into_iter()
            .map(|(row, step)| {
                let is_gate = procedure.gates.iter().any(|gate| gate.step.as_ref() == Some(&step.key));
                Placed {
                    step,
                    lane: Lane::of(step),
                    row,
                    lines: box_lines(procedure, step, words),
                    notes: note_lines(procedure, step, words),
                    is_gate,
                    top: 0.0,
                }
            })
            .collect();
        let mut left = MARGIN;
        let mut lanes = BTreeMap::new();
        for lane in boxes.iter().map(|placed| placed.lane).collect::<BTreeSet<_>>() {
            let has_notes = boxes.iter().any(|placed| placed.lane == lane && !placed.notes.is_empty());
            let width = GUTTER + BOX + if has_notes { NOTE } else { 0.0 } + PAD * 2.0;
            lanes.insert(lane, (left, width));
            left += width;
        }
        let mut top = MARGIN + HEADING + LANE_HEAD + GAP;
        let mut tops = Vec::new();
        for row in 0..=boxes.iter().map(|placed| placed.row).max().unwrap_or_default() {
            tops.push(top);
            let mut tallest: f64 = 0.0;
            for placed in boxes.iter_mut().filter(|placed| placed.row == row) {
                placed.top = top;
                tallest = tallest.max(placed.height()).max(height(&placed.notes));
            }
            top += tallest + GAP;
        }
        Self { boxes, lanes, rows: tops, width: left + MARGIN, bottom: top }
    }

    /// Left edge of the boxes of a lane.
    fn box_left(&self, lane: Lane) -> f64 {
        self.lanes.get(&lane).map_or(0.0, |(left, _)| left + GUTTER)
    }

    fn centre(&self, lane: Lane) -> f64 {
        self.box_left(lane) + BOX / 2.0
    }

    fn placed(&self, key: &StepKey) -> Option<&Placed<'a>> {
        self.boxes.iter().find(|placed| placed.step.key == *key)
    }

    /// Whether no box stands in a lane between two rows.
    fn is_free(&self, lane: Lane, after: usize, before: usize) -> bool {
        !self.boxes.iter().any(|placed| placed.lane == lane && placed.row > after && placed.row < before)
    }

    fn frame(&self, svg: &mut String, procedure: &Procedure, words: &Words) {
        let (width, legend) = (self.width, self.bottom + 6.0);
        let total = legend + 3.0 * SMALL * LEADING + MARGIN;
        let number = procedure.number.to_string();
        let title = words.fill("flows.heading", &[("n", &number), ("title", &procedure.title)]);
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{total:.0}\" \
             viewBox=\"0 0 {width:.0} {total:.0}\" font-family=\"'BIZ UDPGothic','BIZ UDGothic','Noto Sans CJK JP',sans-serif\">\n\
             <title>{title}</title>\n<style>\
             .box{{fill:#fff;stroke:#333;stroke-width:1}}.gate{{stroke-width:3;fill:#fff8dc}}.outside{{stroke-dasharray:2 3}}\
             .arrow{{fill:none;stroke:#333;stroke-width:1.2}}.back{{fill:none;stroke:#a33;stroke-width:1.2;stroke-dasharray:6 4}}\
             .note{{fill:#fffdf2;stroke:#998;stroke-width:.7}}.tag{{fill:#a33}}.detail{{fill:#444}}.action{{fill:#000}}</style>\n\
             <defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\">\
             <path d=\"M0,0L8,4L0,8z\" fill=\"#333\"/></marker><marker id=\"back\" markerWidth=\"8\" markerHeight=\"8\" \
             refX=\"7\" refY=\"4\" orient=\"auto\"><path d=\"M0,0L8,4L0,8z\" fill=\"#a33\"/></marker></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{MARGIN}\" y=\"{:.1}\" font-size=\"20\" font-weight=\"bold\">{title}</text>",
            MARGIN + 22.0,
            title = escape(&title),
        );
        for (lane, (left, width)) in &self.lanes {
            let (top, tint) = (MARGIN + HEADING, lane.tint());
            let name = escape(words.get(&format!("flows.lane.{}", lane.key())));
            let _ = writeln!(
                svg,
                "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{tint}\" fill-opacity=\".45\" stroke=\"#bbb\"/>\n\
                 <rect x=\"{left:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{LANE_HEAD}\" fill=\"{tint}\" stroke=\"#bbb\"/>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"14\" font-weight=\"bold\" text-anchor=\"middle\">{name}</text>",
                self.bottom - top,
                left + width / 2.0,
                top + 20.0,
            );
        }
        for (index, key) in ["gate", "correction", "paper"].into_iter().enumerate() {
            let line =
                TextLine { text: words.get(&format!("flows.legend-{key}")).to_owned(), size: SMALL, class: "detail" };
            #[allow(clippy::cast_precision_loss)] // 0 to 2
            write_lines(svg, MARGIN, legend + index as f64 * SMALL * LEADING, std::slice::from_ref(&line));
        }
    }

    /// An arrow from a step to one that waits for it, around whatever stands between.
    fn arrow(&self, svg: &mut String, before: &StepKey, to: &Placed<'_>) {
        let Some(from) = self.placed(before) else { return };
        let (x1, x2) = (self.centre(from.lane), self.centre(to.lane));
        let (y1, y2) = (from.top + from.height(), to.top);
        let apart = if to.row == from.row + 1 { 0.0 } else { APART };
        let leaving = self.channel(from.row + 1) - apart;
        let arriving = self.channel(to.row) + apart;
        let path = if self.is_free(to.lane, from.row, to.row) {
            format!("M{x1:.1},{y1:.1}V{leaving:.1}H{x2:.1}V{y2:.1}")
        } else if self.is_free(from.lane, from.row, to.row) {
            format!("M{x1:.1},{y1:.1}V{arriving:.1}H{x2:.1}V{y2:.1}")
        } else {
            let gutter = self.box_left(to.lane) - 8.0;
            format!("M{x1:.1},{y1:.1}V{leaving:.1}H{gutter:.1}V{arriving:.1}H{x2:.1}V{y2:.1}")
        };
        let _ = writeln!(svg, "<path class=\"arrow\" marker-end=\"url(#tip)\" d=\"{path}\"/>");
    }

    /// Where arrows run between a row and the one above it.
    fn channel(&self, row: usize) -> f64 {
        self.rows.get(row).copied().unwrap_or(self.bottom) - GAP / 2.0
    }

    /// 修正依頼: dashed, up the gutter and into the top of the box.
    fn correction(&self, svg: &mut String, correction: &Correction, words: &Words) {
        let Some(to) = self.placed(&correction.to) else { return };
        let from: Vec<&Placed<'_>> = correction.from.iter().filter_map(|key| self.placed(key)).collect();
        let Some(lane) = from.iter().map(|placed| placed.lane).max() else { return };
        let gutter = self.box_left(lane) - 20.0;
        let over = to.top - GAP / 2.0;
        let x = self.centre(to.lane) + BOX / 4.0;
        for placed in &from {
            let y = placed.top + placed.height() / 2.0;
            let _ = writeln!(
                svg,
                "<path class=\"back\" marker-end=\"url(#back)\" d=\"M{:.1},{y:.1}H{gutter:.1}V{over:.1}H{x:.1}V{:.1}\"/>",
                self.box_left(placed.lane),
                to.top,
            );
        }
        let lines = wrap(&correction.text, SMALL + 1.5, BOX, "tag", words);
        write_lines(svg, gutter + 5.0, to.top, &lines);
    }

    fn step(&self, svg: &mut String, placed: &Placed<'_>) {
        let (left, top, height) = (self.box_left(placed.lane), placed.top, placed.height());
        let class = match placed {
            Placed { is_gate: true, .. } => "box gate",
            Placed { step: Step { outside: true, .. }, .. } => "box outside",
            _ => "box",
        };
        let _ = writeln!(
            svg,
            "<g id=\"step-{}\"><rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{BOX}\" height=\"{height:.1}\" rx=\"3\"/>",
            placed.step.key,
        );
        write_lines(svg, left + PAD, top + PAD, &placed.lines);
        if !placed.notes.is_empty() {
            paper(svg, left + BOX + PAD, top, &placed.notes);
        }
        svg.push_str("</g>\n");
    }
}

/// A sheet with a folded corner, and the names of papers on it.
fn paper(svg: &mut String, left: f64, top: f64, lines: &[TextLine]) {
    let (right, bottom) = (left + NOTE - PAD, top + height(lines));
    let _ = writeln!(
        svg,
        "<path class=\"note\" d=\"M{left:.1},{top:.1}H{:.1}L{right:.1},{:.1}V{bottom:.1}H{left:.1}z\"/>",
        right - 8.0,
        top + 8.0,
    );
    write_lines(svg, left + 5.0, top + PAD, lines);
}

/// Each step with its row: below everything it waits for, and no two of a row in one lane.
fn rows(procedure: &Procedure) -> Vec<(usize, &Step)> {
    let mut levels: BTreeMap<usize, Vec<&Step>> = BTreeMap::new();
    for step in &procedure.steps {
        levels.entry(level(procedure, step)).or_default().push(step);
    }
    let mut placed = Vec::new();
    let mut row = 0;
    for steps in levels.into_values() {
        let mut used: Vec<Lane> = Vec::new();
        for step in steps {
            if used.contains(&Lane::of(step)) {
                row += 1;
                used.clear();
            }
            used.push(Lane::of(step));
            placed.push((row, step));
        }
        row += 1;
    }
    placed
}

/// How many steps the longest way to a step has.
fn level(procedure: &Procedure, step: &Step) -> usize {
    let before = step.after.iter().filter_map(|key| procedure.step(key));
    before.map(|other| level(procedure, other) + 1).max().unwrap_or_default()
}

fn box_lines(procedure: &Procedure, step: &Step, words: &Words) -> Vec<TextLine> {
    let width = BOX - PAD * 2.0;
    let mut lines = Vec::new();
    for gate in procedure.gates.iter().filter(|gate| gate.step.as_ref() == Some(&step.key)) {
        let kind = serde_json::to_value(gate.kind).ok();
        let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        lines.extend(wrap(&format!("◆ {}", words.get(&format!("flows.gate.{kind}"))), SMALL, width, "tag", words));
    }
    if step.next_day {
        lines.extend(wrap(words.get("flows.next-day"), SMALL, width, "tag", words));
    }
    if let Some(Condition { text, .. }) = step.condition.as_ref().filter(|condition| !condition.text.is_empty()) {
        lines.extend(wrap(&words.fill("flows.condition", &[("text", text)]), SMALL, width, "tag", words));
    }
    let number = step.number.as_deref().unwrap_or_default();
    lines.extend(wrap(&format!("{number}{}", step.action), ACTION, width, "action", words));
    for detail in &step.details {
        lines.extend(wrap(&words.fill("flows.detail", &[("text", detail)]), SMALL, width, "detail", words));
    }
    lines
}

/// What goes out of a step; and what comes in, where no step before it gave it.
fn note_lines(procedure: &Procedure, step: &Step, words: &Words) -> Vec<TextLine> {
    let width = NOTE - PAD - 12.0;
    let note = |text: &str| -> Vec<TextLine> {
        items(text).flat_map(|item| wrap(item, SMALL, width, "detail", words)).collect()
    };
    let mut lines: Vec<TextLine> = step.documents_out.iter().flat_map(|paper| note(&paper.name)).collect();
    let before = procedure.ancestors(&step.key);
    let known: BTreeSet<&str> = procedure
        .steps
        .iter()
        .filter(|other| before.contains(&other.key))
        .flat_map(|other| other.documents_in.iter().chain(&other.documents_out))
        .map(|paper| paper.name.as_str())
        .collect();
    for paper in step.documents_in.iter().filter(|paper| !known.contains(paper.name.as_str())) {
        if step.documents_out.iter().all(|out| out.name != paper.name) {
            lines.extend(note(&words.fill("flows.in", &[("text", &paper.name)])));
        }
    }
    lines
}

/// A bundle of one heading (［共通］・…・…) as its items.
fn items(name: &str) -> impl Iterator<Item = &str> {
    let is_bundle = name.contains(['\u{ff3b}', '\u{3010}']); // ［ 【
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = name.get(from..).filter(|rest| !rest.is_empty())?;
        let dot = rest.char_indices().skip(1).find(|(_, letter)| is_bundle && *letter == '\u{30fb}'); // ・
        let end = dot.map_or(rest.len(), |(at, _)| at);
        from += end;
        Some(&rest[..end])
    })
}

fn height(lines: &[TextLine]) -> f64 {
    if lines.is_empty() { 0.0 } else { lines.iter().map(|line| line.size * LEADING).sum::<f64>() + PAD * 2.0 }
}

/// Breaks a text into lines no wider than `width`, by Japanese rules.
fn wrap(text: &str, size: f64, width: f64, class: &'static str, words: &Words) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let letters: Vec<char> = text.chars().collect();
    let mut rest = letters.as_slice();
    while !rest.is_empty() {
        let mut used = 0.0;
        let fits = rest.iter().take_while(|letter| {
            used += advance(**letter) * size;
            used <= width
        });
        let mut end = fits.count().max(1);
        while end < rest.len() && end > 1 && breaks_badly(rest, end, words) {
            end -= 1;
        }
        let (line, after) = rest.split_at(end);
        lines.push(TextLine { text: line.iter().collect(), size, class });
        rest = after;
    }
    lines
}

fn breaks_badly(letters: &[char], at: usize, words: &Words) -> bool {
    let is_in_word = letters[at - 1].is_ascii_alphanumeric() && letters[at].is_ascii_alphanumeric();
    is_in_word
        || words.get("flows.not-first").contains(letters[at])
        || words.get("flows.not-last").contains(letters[at - 1])
}

/// Width of a letter in ems, rather too wide than too narrow.
fn advance(letter: char) -> f64 {
    if letter.is_ascii() { 0.62 } else { 1.0 }
}

fn write_lines(svg: &mut String, left: f64, top: f64, lines: &[TextLine]) {
    let mut y = top;
    for line in lines {
        y += line.size * LEADING;
        let _ = writeln!(
            svg,
            "<text class=\"{}\" x=\"{left:.1}\" y=\"{:.1}\" font-size=\"{}\">{}</text>",
            line.class,
            y - line.size * 0.3,
            line.size,
            escape(&line.text),
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::Procedures;

    #[test]
    fn no_line_is_wider_than_its_box_and_nothing_is_lost() {
        let words = Words::read([("flows.toml", include_str!("../../templates/words/flows.toml"))]).unwrap();
        for procedure in Procedures::embedded().unwrap().all() {
            for step in &procedure.steps {
                for (lines, width) in [
                    (box_lines(procedure, step, &words), BOX - PAD * 2.0),
                    (note_lines(procedure, step, &words), NOTE - PAD - 12.0),
                ] {
                    for line in &lines {
                        let used: f64 = line.text.chars().map(|letter| advance(letter) * line.size).sum();
                        assert!(used <= width, "{} {}: {}", procedure.id, step.key, line.text);
                    }
                }
                let lines = box_lines(procedure, step, &words);
                let whole: String = lines.iter().map(|line| line.text.as_str()).collect();
                assert!(whole.contains(&step.action), "{whole}");
            }
        }
    }

    #[test]
    fn boxes_do_not_overlap_and_arrows_run_down() {
        let words = Words::default();
        for procedure in Procedures::embedded().unwrap().all() {
            let diagram = Diagram::lay_out(procedure, &words);
            assert_eq!(diagram.boxes.len(), procedure.steps.len());
            for (index, one) in diagram.boxes.iter().enumerate() {
                for other in &diagram.boxes[..index] {
                    let apart = one.top >= other.top + other.height().max(height(&other.notes)) + GAP - 0.01;
                    assert!(one.lane != other.lane || apart, "{} {}", procedure.id, one.step.key);
                }
                for before in &one.step.after {
                    assert!(diagram.placed(before).unwrap().row < one.row);
                }
            }
        }
    }
}
