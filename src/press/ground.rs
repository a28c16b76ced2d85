//! 地紋: the anti-forgery ground with the latent 「複写」.
//!
//! A copier is a low-pass filter with a threshold: fine dots vanish, coarse ones stay. Ground and
//! latent text have the same mean tint, one of fine dots, one of coarse; only the copy tells them
//! apart. Both are tilings of one black-and-white picture cell on the 600-dpi grid, which no
//! rasteriser resamples. The ground deters, it never proves: a photograph of it shows nothing.

use std::sync::OnceLock;

use image::{GrayImage, Luma};
use serde_json::{Value, json};
use typst::foundations::Bytes;

use crate::document::picture::png;
use crate::domain::text::Moji;

use super::typeface::{Style, Typefaces};

/// Pixels along the side of a cell: 14.4 pt at 600 dpi.
pub const CELL: u32 = 120;

/// A screen of equal dots on a lattice.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Width and height of a dot in pixels.
    pub dot: (i32, i32),
    /// The two lattice vectors in pixels.
    pub lattice: ((i32, i32), (i32, i32)),
}

/// Ground: 85x42 µm dots, 134 lpi at 26.6°.
pub const BACKGROUND: Screen = Screen { dot: (2, 1), lattice: ((4, 2), (-2, 4)) };
/// Latent text: 127 µm dots, 63 lpi at 18.4°.
pub const LATENT: Screen = Screen { dot: (3, 3), lattice: ((9, 3), (-3, 9)) };

/// Period, amplitude and thickness in pixels of the white waves that are cut into both screens, so
/// that a close look does not tell their textures apart (camouflage).
const WAVE: (i32, i32, i32) = (40, 15, 10);

impl Screen {
    /// The cell: black dots on white, cut by the same white waves whatever the screen.
    pub fn cell(&self) -> GrayImage {
        let mut cell = GrayImage::from_pixel(CELL, CELL, Luma([255]));
        let side = CELL.cast_signed();
        let ((ax, ay), (bx, by)) = self.lattice;
        for i in -side..side {
            for j in -side..side {
                let (x, y) = (i * ax + j * bx, i * ay + j * by);
                if (0..side).contains(&x) && (0..side).contains(&y) {
                    self.stamp(&mut cell, x, y);
                }
            }
        }
        cell
    }

    fn stamp(&self, cell: &mut GrayImage, x: i32, y: i32) {
        let side = CELL.cast_signed();
        for dy in 0..self.dot.1 {
            for dx in 0..self.dot.0 {
                let (px, py) = ((x + dx).rem_euclid(side), (y + dy).rem_euclid(side));
                if !in_wave(px, py) {
                    // rem_euclid of a positive side is never negative.
                    cell.put_pixel(px.cast_unsigned(), py.cast_unsigned(), Luma([0]));
                }
            }
        }
    }
}

fn in_wave(x: i32, y: i32) -> bool {
    let (period, amplitude, thickness) = WAVE;
    let rise = ((x.rem_euclid(60) - 30).abs() * amplitude) / 30;
    (y + rise).rem_euclid(period) < thickness
}

/// The files that a form's ground is drawn from: both cells, and the outlines of 複 and 写 as curves.
pub fn assets(typefaces: &Typefaces) -> Vec<(&'static str, Bytes)> {
    static ASSETS: OnceLock<Vec<(&'static str, Bytes)>> = OnceLock::new();
    ASSETS
        .get_or_init(|| {
            let outlines: Vec<Value> = "複写".chars().map(|c| outline(typefaces, c)).collect();
            let outlines = serde_json::to_vec(&outlines).unwrap_or_default();
            vec![
                ("/ground/background.png", Bytes::new(png(&BACKGROUND.cell()))),
                ("/ground/latent.png", Bytes::new(png(&LATENT.cell()))),
                ("/ground/outlines.json", Bytes::new(outlines)),
            ]
        })
        .clone()
}

/// The outline of a character as curve commands in em, y downwards from the top of the em box.
fn outline(typefaces: &Typefaces, c: char) -> Value {
    let typeface = typefaces.of(Style::GothicBold);
    let mut curve = Curve { commands: Vec::new(), scale: 1.0 / typeface.units_per_em() };
    if let Some(glyph) = typeface.glyph(Moji { base: c, selector: None }) {
        typeface.outline(glyph, &mut curve);
    }
    Value::Array(curve.commands)
}

struct Curve {
    commands: Vec<Value>,
    scale: f64,
}

impl Curve {
    fn point(&self, x: f32, y: f32) -> [f64; 2] {
        [f64::from(x) * self.scale, 0.88 - f64::from(y) * self.scale]
    }
}

impl ttf_parser::OutlineBuilder for Curve {
    fn move_to(&mut self, x: f32, y: f32) {
        self.commands.push(json!(["move", self.point(x, y)]));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.commands.push(json!(["line", self.point(x, y)]));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.commands.push(json!(["quad", self.point(x1, y1), self.point(x, y)]));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.commands.push(json!(["cubic", self.point(x1, y1), self.point(x2, y2), self.point(x, y)]));
    }

    fn close(&mut self) {
        self.commands.push(json!(["close"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tint(cell: &GrayImage) -> f64 {
        let black = cell.pixels().filter(|p| p.0[0] == 0).count();
        black as f64 / f64::from(CELL * CELL) * 100.0
    }

    #[test]
    fn ground_and_latent_text_have_the_same_tint() {
        let (background, latent) = (tint(&BACKGROUND.cell()), tint(&LATENT.cell()));
        assert!((background - 7.5).abs() <= 0.10, "{background}");
        assert!((latent - 7.5).abs() <= 0.10, "{latent}");
    }

    #[test]
    fn both_cells_repeat_without_a_seam() {
        // Each lattice contains (120, 0) and (0, 120), so a shifted stamp falls on a stamp.
        for Screen { lattice: ((ax, ay), (bx, by)), .. } in [BACKGROUND, LATENT] {
            let determinant = ax * by - ay * bx;
            for (x, y) in [(120, 0), (0, 120)] {
                assert_eq!((x * by - y * bx) % determinant, 0);
                assert_eq!((y * ax - x * ay) % determinant, 0);
            }
        }
    }
}
