//! The report of a failed golden: both pages, one over the other, and the texts that moved.

use std::fmt::Write as _;
use std::path::Path;

use image::{GrayImage, Rgb, RgbImage};

use super::super::Lines;
use super::Compared;
use super::page::Change;

/// Writes `index.html` and its pictures into a folder.
pub fn write(folder: &Path, rows: &[Compared]) -> Result<(), Lines> {
    std::fs::create_dir_all(folder)?;
    let mut html = String::from(HEAD);
    for (name, accepted, actual, difference) in rows {
        // Writing to a String never fails.
        let _ = write!(html, "<h2>{}</h2><p>{}</p>", escaped(name), escaped(&difference.to_string()));
        for page in 0..accepted.pages.len().max(actual.pages.len()) {
            let blank = GrayImage::from_pixel(1, 1, image::Luma([15]));
            let (a, b) = (accepted.pages.get(page).unwrap_or(&blank), actual.pages.get(page).unwrap_or(&blank));
            let stem = format!("{name}.{}", page + 1);
            shown(a).save(folder.join(format!("{stem}.accepted.png")))?;
            shown(b).save(folder.join(format!("{stem}.now.png")))?;
            overlay(a, b).save(folder.join(format!("{stem}.overlay.png")))?;
            html.push_str("<div class=pages>");
            for (what, caption) in [("accepted", "accepted"), ("now", "now"), ("overlay", "red: gone, blue: new")] {
                let _ = write!(
                    html,
                    "<figure><img src=\"{}.{what}.png\"><figcaption>{caption}</figcaption></figure>",
                    escaped(&stem)
                );
            }
            html.push_str("</div>");
        }
        html.push_str("<table>");
        for (change, text) in &difference.texts {
            let class = match change {
                Change::Gone => "gone",
                Change::New => "new",
            };
            let _ = write!(html, "<tr class={class}><td>{class}<td>{}", escaped(text));
        }
        html.push_str("</table>");
    }
    Ok(std::fs::write(folder.join("index.html"), html)?)
}

const HEAD: &str = "<!doctype html><meta charset=utf-8><title>golden</title><style>\
body{font-family:sans-serif;margin:2em}.pages{display:flex;gap:1em}figure{margin:0;flex:1}\
img{width:100%;border:1px solid #999}table{border-collapse:collapse;font-size:.85em}\
td{border:1px solid #ccc;padding:.2em .6em}.gone td{background:#fdd}.new td{background:#ddf}</style>";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn shown(page: &GrayImage) -> GrayImage {
    let mut page = page.clone();
    page.pixels_mut().for_each(|dot| dot.0[0] = dot.0[0].saturating_mul(17));
    page
}

/// What both have is grey, what only the accepted page has red, what only the new one has blue.
fn overlay(accepted: &GrayImage, actual: &GrayImage) -> RgbImage {
    let (width, height) = (accepted.width().max(actual.width()), accepted.height().max(actual.height()));
    RgbImage::from_fn(width, height, |x, y| {
        let level = |page: &GrayImage| page.get_pixel_checked(x, y).map_or(15, |dot| dot.0[0]).saturating_mul(17);
        let (a, b) = (level(accepted), level(actual));
        Rgb([b.max(a / 2), a.min(b).max(a.max(b) / 3), a.max(b / 2)])
    })
}
