//! The line codings of FAX: ITU-T T.4 one-dimensional (MH) and two-dimensional (MR), T.6 (MMR),
//! and the T.4 variant without EOL of TIFF compression 2.
//!
//! Strict: a line must decode to exactly the width of the page. A receiver that repeats or
//! blanks a damaged line would alter a certificate without a trace, so here it is an error.

use ::fax::BitReader;
use ::fax::maps::{self, Mode};

/// How lines are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// TIFF compression 2: T.4 runs, each line from a byte boundary, no EOL.
    Runs,
    /// T.4 one-dimensional (Group 3, MH).
    OneDimensional,
    /// T.4 two-dimensional (Group 3, MR): a tag bit after EOL tells how the line is coded.
    TwoDimensional,
    /// T.6 (Group 4, MMR).
    T6,
}

/// The first line of a strip that does not decode, counted from 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine(pub(super) usize);

/// Decodes a strip into `ink`, `width` bytes a line: 1 where a pixel is black, untouched where
/// it is white. `lsb_first` is TIFF's FillOrder 2.
pub(super) fn decode(
    bytes: &[u8],
    coding: Coding,
    lsb_first: bool,
    width: usize,
    ink: &mut [u8],
) -> Result<(), BadLine> {
    let mut bits = Bits { bytes, lsb_first, at: 0 };
    let mut above = Line::white(width);
    let has_eol = bits.clone().pass_eol();
    let mut last = 0;
    for (number, row) in ink.chunks_mut(width).enumerate() {
        let line = next_line(&mut bits, coding, has_eol, &above).ok_or(BadLine(number))?;
        for black in line.black_runs() {
            // A line ends at its width, and a row is as wide.
            if let Some(run) = row.get_mut(black) {
                run.fill(1);
            }
        }
        above = line;
        last = number;
    }
    // T.6 has no mark at the end of a line, so damage may show only in that the lines have
    // run out before the code does.
    (coding == Coding::Runs || bits.pass_eol() || bits.rest_is_zero()).then_some(()).ok_or(BadLine(last))
}

fn next_line(bits: &mut Bits<'_>, coding: Coding, has_eol: bool, above: &Line) -> Option<Line> {
    match coding {
        Coding::Runs => {
            bits.align()?;
            one_dimensional(bits, above.width)
        }
        Coding::OneDimensional => {
            // Some writers leave out every EOL; one that is missing among others is damage.
            (bits.pass_eol() == has_eol).then_some(())?;
            one_dimensional(bits, above.width)
        }
        Coding::TwoDimensional => {
            bits.pass_eol().then_some(())?;
            match bits.take_bit()? {
                true => one_dimensional(bits, above.width),
                false => two_dimensional(bits, above),
            }
        }
        Coding::T6 => two_dimensional(bits, above),
    }
}

/// Runs of white and black by turns (T.4, 4.1.1).
fn one_dimensional(bits: &mut Bits<'_>, width: usize) -> Option<Line> {
    let mut line = Line::white(width);
    let mut a0 = 0;
    let mut black = false;
    while a0 < width {
        a0 += run(bits, black)?;
        line.change_at(a0)?;
        black = !black;
    }
    Some(line)
}

/// Changes told by their place against the line above (T.4, 4.2.1; T.6, 2.2).
fn two_dimensional(bits: &mut Bits<'_>, reference: &Line) -> Option<Line> {
    let width = reference.width;
    let mut line = Line::white(width);
    let mut above = Above { reference, index: 0 };
    let mut a0 = None;
    let mut black = false;
    while a0.unwrap_or(0) < width {
        let (b1, b2) = above.changes_after(a0, black);
        match maps::mode::decode(bits)? {
            Mode::Pass => a0 = Some(b2),
            Mode::Horizontal => {
                let a1 = a0.unwrap_or(0) + run(bits, black)?;
                line.change_at(a1)?;
                let a2 = a1 + run(bits, !black)?;
                line.change_at(a2)?;
                a0 = Some(a2);
            }
            Mode::Vertical(offset) => {
                let a1 = b1.checked_add_signed(isize::from(offset))?;
                (a1 >= a0.unwrap_or(0)).then_some(())?;
                line.change_at(a1)?;
                black = !black;
                a0 = Some(a1);
            }
            Mode::Extension | Mode::EOF => return None,
        }
    }
    Some(line)
}

/// The length of one run: make-up codes, then a terminating code below 64 (T.4, tables 2 to 3b).
fn run(bits: &mut Bits<'_>, black: bool) -> Option<usize> {
    let mut length = 0_usize;
    loop {
        let code = if black { maps::black::decode(bits) } else { maps::white::decode(bits) }?;
        length += usize::from(code);
        if code < 64 {
            return Some(length);
        }
    }
}

/// A decoded line: the places where the colour changes, beginning with white.
struct Line {
    width: usize,
    /// Strictly rising; an even index changes to black, an odd one to white.
    changes: Vec<usize>,
}

impl Line {
    fn white(width: usize) -> Self {
        Self { width, changes: Vec::new() }
    }

    /// Adds a change; none may lie beyond the end of the line.
    fn change_at(&mut self, place: usize) -> Option<()> {
        (place <= self.width).then_some(())?;
        // A run of no length changes the colour twice in one place, that is, not at all.
        if self.changes.last() == Some(&place) {
            self.changes.pop();
        } else {
            self.changes.push(place);
        }
        Some(())
    }

    fn change(&self, index: usize) -> usize {
        self.changes.get(index).copied().unwrap_or(self.width)
    }

    fn black_runs(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        (0..self.changes.len()).step_by(2).map(|index| self.change(index)..self.change(index + 1))
    }
}

/// A walk along the reference line.
struct Above<'a> {
    reference: &'a Line,
    index: usize,
}

impl Above<'_> {
    /// b1, the first change right of a0 to the colour opposite to that of a0, and b2, the next
    /// after it (T.4, 4.2.1.1). At the start of a line a0 lies before the first pixel.
    fn changes_after(&mut self, a0: Option<usize>, black: bool) -> (usize, usize) {
        let right_of_a0 = |place: usize| a0.is_none_or(|a0| place > a0);
        let changes = &self.reference.changes;
        while changes.get(self.index).is_some_and(|&place| !right_of_a0(place)) {
            self.index += 1;
        }
        let b1 = self.index + usize::from((self.index % 2 == 1) != black);
        (self.reference.change(b1), self.reference.change(b1 + 1))
    }
}

/// The bits of a strip. Past its end zeros may be looked at but not taken.
#[derive(Clone)]
struct Bits<'a> {
    bytes: &'a [u8],
    lsb_first: bool,
    at: usize,
}

/// The strip is at its end.
#[derive(Debug)]
struct AtEnd;

impl Bits<'_> {
    fn byte(&self, index: usize) -> u8 {
        let byte = self.bytes.get(index).copied().unwrap_or(0);
        if self.lsb_first { byte.reverse_bits() } else { byte }
    }

    /// Goes to the next byte boundary, over zeros only.
    fn align(&mut self) -> Option<()> {
        while !self.at.is_multiple_of(8) {
            (!self.take_bit()?).then_some(())?;
        }
        Some(())
    }

    fn take_bit(&mut self) -> Option<bool> {
        let bit = self.peek(1)? == 1;
        self.consume(1).ok()?;
        Some(bit)
    }

    fn rest_is_zero(&self) -> bool {
        let byte = self.at / 8;
        self.byte(byte) << (self.at % 8) == 0 && self.bytes.iter().skip(byte + 1).all(|&byte| byte == 0)
    }

    /// Passes an EOL, eleven or more zeros and a one (T.4, 4.1.2, with fill 4.1.3), if one is next.
    fn pass_eol(&mut self) -> bool {
        if self.peek(11) != Some(0) {
            return false;
        }
        let end = self.bytes.len() * 8;
        let mut at = self.at + 11;
        while at < end && self.byte(at / 8) << (at % 8) & 0x80 == 0 {
            at += 1;
        }
        if at >= end {
            return false;
        }
        self.at = at + 1;
        true
    }
}

impl BitReader for Bits<'_> {
    type Error = AtEnd;

    fn peek(&self, bits: u8) -> Option<u16> {
        let first = self.at / 8;
        let window = u32::from_be_bytes([0, 1, 2, 3].map(|i| self.byte(first + i)));
        let window = window << (self.at % 8);
        // At most 16 bits are asked for, of the 25 or more in the window.
        u16::try_from(window.checked_shr(32 - u32::from(bits)).unwrap_or(0)).ok()
    }

    fn consume(&mut self, bits: u8) -> Result<(), AtEnd> {
        self.at += usize::from(bits);
        if self.at > self.bytes.len() * 8 { Err(AtEnd) } else { Ok(()) }
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        // Below 8.
        u8::try_from(self.at.next_multiple_of(8) - self.at).unwrap_or(0)
    }
}
