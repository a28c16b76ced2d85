//! The work of drawing a PDF, reckoned before it is done: a few hundred bytes can ask for years of it
//! (forms that show forms, a page filled a million times, dashes of a thousandth of a dot).
//!
//! Costs are nanoseconds of one core as measured with the pinned rasteriser, rounded up; what counts is
//! that each grows as the work does, not that they are right on another machine.

use hayro::hayro_interpret::StrokeProps;
use hayro::vello_cpu::kurbo::{Affine, BezPath, PathEl, Point, Rect, Size};

use super::MAX_PIXELS;

/// Most work of one file: about fifteen seconds. Ten pages of dense text take a fifth of a second, a
/// plan of a million lines two seconds.
const MOST: f64 = 15e9;

/// One byte of content, read and interpreted, for the inspection and for the rasteriser.
const CONTENT_BYTE: f64 = 80.0;
/// One operator that draws, and one segment of its path.
const DRAW: f64 = 2_000.0;
const SEGMENT: f64 = 1_000.0;
/// One dot along an edge that is filled or clipped to; a stroke has two edges.
const EDGE_DOT: f64 = 60.0;
const CLIP_DOT: f64 = 10.0;
/// One dash.
const DASH: f64 = 1_300.0;
/// One clip, one group, whatever they hold.
const CLIP: f64 = 30_000.0;
const GROUP: f64 = 100_000.0;
/// One dot that is filled with a colour, and once more for each group around it.
const FILL_DOT: f64 = 0.2;
const GROUP_DOT: f64 = 0.7;
/// One dot of a shading, and each byte of a PostScript function by which its colour may be reckoned.
const SHADING_DOT: f64 = 100.0;
const FUNCTION_BYTE: f64 = 3.0;
/// One dot of a tile of a pattern, of a mask, and of a picture as it lies on the page.
const TILE_DOT: f64 = 16.0;
const MASK_DOT: f64 = 5.0;
const LAID_DOT: f64 = 1.5;
/// One pixel of a picture.
const PIXEL: f64 = 15.0;
/// Outlines of glyphs are drawn on a square of so many units.
const EM: f64 = 1_000.0;
/// Sides beyond which the rasteriser does not draw the box of a tile, and of what it repeats.
const TILE_SIDE: f64 = 3_000.0;
const STEP_SIDE: f64 = 65_535.0;

/// Lengths in bytes of the longest streams that may be run again and again.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Longest {
    /// Form, tile of a pattern, glyph of a Type 3 font, mesh of a shading.
    pub drawing: usize,
    /// PostScript function.
    pub function: usize,
}

/// The work of one file so far.
pub(super) struct Work {
    longest: Longest,
    /// Dots of the present page.
    page: Size,
    spent: f64,
}

impl Work {
    pub(super) fn new(longest: Longest) -> Self {
        Self { longest, page: Size::ZERO, spent: 0.0 }
    }

    pub(super) fn begin_page(&mut self, dots: Size) {
        self.page = dots;
    }

    pub(super) fn is_too_much(&self) -> bool {
        // Not a number is what nobody has reckoned.
        self.spent.is_nan() || self.spent > MOST
    }

    fn add(&mut self, cost: f64) {
        self.spent += cost;
    }

    /// Content of so many bytes.
    pub(super) fn content(&mut self, bytes: usize) {
        self.add(bytes as f64 * CONTENT_BYTE);
    }

    /// A form, tile or glyph is entered: the longest stands for each, since its own length is not told.
    pub(super) fn drawing(&mut self) {
        self.content(self.longest.drawing);
    }

    /// A path is filled, or stroked.
    pub(super) fn path(
        &mut self,
        path: &BezPath,
        at: Affine,
        stroke: Option<&StrokeProps>,
        is_shading: bool,
        groups: usize,
    ) {
        let outline = self.outline(path, at);
        let edges = if stroke.is_some() { 2.0 } else { 1.0 };
        let dot = if is_shading { self.shading_dot() } else { fill_dot(groups) };
        self.add(DRAW + outline.segments * SEGMENT + outline.length * EDGE_DOT * edges + outline.area * dot);
        if let Some(stroke) = stroke {
            self.add(dashes(path, stroke) * DASH);
        }
    }

    /// A glyph of a font with outlines, or the place of one that is a drawing.
    pub(super) fn glyph(&mut self, at: Affine, groups: usize) {
        let area = (at.determinant().abs() * EM * EM).min(self.page.area());
        self.add(DRAW + area * fill_dot(groups));
    }

    /// A clip is set.
    pub(super) fn clip(&mut self, path: &BezPath) {
        let outline = self.outline(path, Affine::IDENTITY);
        self.add(CLIP + outline.segments * SEGMENT + outline.length * CLIP_DOT);
    }

    /// A transparency group is opened.
    pub(super) fn group(&mut self) {
        self.add(GROUP);
    }

    /// A mask is drawn, as large as the page.
    pub(super) fn mask(&mut self) {
        self.add(self.page.area() * MASK_DOT);
    }

    /// A picture of so many pixels is laid on the page.
    pub(super) fn picture(&mut self, width: u32, height: u32, at: Affine) {
        let pixels = f64::from(width) * f64::from(height);
        let laid = (at.determinant().abs() * pixels).min(self.page.area());
        self.add(DRAW + pixels * (PIXEL + self.function()) + laid * LAID_DOT);
    }

    /// A tile of a pattern is drawn: its box, and what lies between one and the next.
    pub(super) fn tile(&mut self, bounds: Rect, (x_step, y_step): (f64, f64), matrix: Affine) {
        let [a, b, c, d, _, _] = matrix.as_coeffs();
        let side = |advance: f64, length: f64, step: f64| {
            let scale = advance.max(1.0 / length).min(TILE_SIDE / length);
            (scale * step).abs().clamp(1.0, STEP_SIDE)
        };
        let dots = side(a.hypot(b), bounds.width(), x_step) * side(c.hypot(d), bounds.height(), y_step);
        // More than a page may have would not fit into memory either.
        let cost = if dots > MAX_PIXELS as f64 { f64::INFINITY } else { dots * TILE_DOT };
        self.add(cost);
    }

    fn shading_dot(&self) -> f64 {
        SHADING_DOT + self.function()
    }

    /// What a colour costs that a function reckons.
    fn function(&self) -> f64 {
        self.longest.function as f64 * FUNCTION_BYTE
    }

    /// What of a path can lie on the page: far segments are no longer than its diagonal.
    fn outline(&self, path: &BezPath, at: Affine) -> Outline {
        let reach = self.page.width.hypot(self.page.height);
        let mut outline = Outline::default();
        let mut bounds: Option<Rect> = None;
        for (from, to) in legs(path) {
            let (from, to) = (at * from, at * to);
            let leg = Rect::from_points(from, to);
            bounds = Some(bounds.map_or(leg, |bounds| bounds.union(leg)));
            outline.length += from.distance(to).min(reach);
            outline.segments += 1.0;
        }
        let bounds = bounds.unwrap_or_default();
        outline.area = bounds.width().min(self.page.width) * bounds.height().min(self.page.height);
        outline
    }
}

/// A path as far as the page sees it, in dots.
#[derive(Default)]
struct Outline {
    segments: f64,
    length: f64,
    area: f64,
}

fn fill_dot(groups: usize) -> f64 {
    FILL_DOT + GROUP_DOT * groups as f64
}

/// How many dashes a stroke has.
fn dashes(path: &BezPath, stroke: &StrokeProps) -> f64 {
    let period: f64 = stroke.dash_array.iter().map(|dash| f64::from(*dash).abs()).sum();
    // A pattern of no length is drawn as a line.
    if period == 0.0 {
        return 0.0;
    }
    let length: f64 = legs(path).map(|(from, to)| from.distance(to)).sum();
    length / period * stroke.dash_array.len() as f64
}

/// The straight lines from control point to control point.
fn legs(path: &BezPath) -> impl Iterator<Item = (Point, Point)> {
    let mut last = Point::ZERO;
    let mut first = Point::ZERO;
    path.elements()
        .iter()
        .flat_map(move |element| {
            let begin = last;
            let points = match *element {
                PathEl::MoveTo(to) => {
                    first = to;
                    last = to;
                    return [None; 3];
                }
                PathEl::LineTo(to) => [Some(to), None, None],
                PathEl::QuadTo(over, to) => [Some(over), Some(to), None],
                PathEl::CurveTo(over, under, to) => [Some(over), Some(under), Some(to)],
                PathEl::ClosePath => [Some(first), None, None],
            };
            let mut from = begin;
            let made = points.map(|to| {
                let to = to?;
                let leg = (from, to);
                from = to;
                Some(leg)
            });
            last = from;
            made
        })
        .flatten()
}
