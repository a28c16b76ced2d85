//! Pages as pictures, drawn from the finished file by another program's code than made it.

use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings};
use image::{GrayImage, Luma};

/// A file could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("drawing a file: it cannot be read")]
pub struct RasterError;

/// Every page in grey, at so many dots an inch.
pub fn pages(pdf: Vec<u8>, dpi: f64) -> Result<Vec<GrayImage>, RasterError> {
    let pdf = Pdf::new(Arc::new(pdf)).map_err(|_| RasterError)?;
    let cache = RenderCache::new();
    let settings = InterpreterSettings::default();
    #[expect(clippy::cast_possible_truncation, reason = "a scale of a few units")]
    let scale = (dpi / 72.0) as f32;
    pdf.pages()
        .iter()
        .map(|page| {
            let render =
                RenderSettings { x_scale: scale, y_scale: scale, bg_color: WHITE, ..RenderSettings::default() };
            let pixmap = hayro::render(page, &cache, &settings, &render);
            let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
            let mut grey = GrayImage::new(width, height);
            for (target, pixel) in grey.pixels_mut().zip(pixmap.data()) {
                let sum = u32::from(pixel.r) * 299 + u32::from(pixel.g) * 587 + u32::from(pixel.b) * 114;
                // A weighted mean of three bytes is a byte.
                *target = Luma([u8::try_from(sum / 1000).unwrap_or(u8::MAX)]);
            }
            Ok(grey)
        })
        .collect()
}
