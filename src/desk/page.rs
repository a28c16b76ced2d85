//! Pages of lists: each says after which of its rows the next one begins.

use serde::Deserialize;

/// Most rows of a page.
const MOST_ROWS: usize = 200;

/// Which page is asked for.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The last row of the page before.
    after: String,
}

/// A page of rows in the order of their ids, and after which the rest begins.
pub fn page<T>(mut rows: Vec<T>, after: Option<After>, id: fn(&T) -> &str) -> (Vec<T>, Option<String>) {
    rows.sort_by(|one, other| id(one).cmp(id(other)));
    if let Some(After { after }) = after {
        rows.retain(|row| id(row) > after.as_str());
    }
    let more = rows.len() > MOST_ROWS;
    rows.truncate(MOST_ROWS);
    let next = rows.last().filter(|_| more).map(|row| id(row).to_owned());
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn page_by_page_every_row_is_there_once(names in proptest::collection::btree_set("[a-f]{1,5}", 0..700)) {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let rows: Vec<String> = names.iter().rev().cloned().collect();
                let (rows, next) = page(rows, after, String::as_str);
                seen.extend(rows);
                let Some(next) = next else { break };
                after = Some(After { after: next });
            }
            prop_assert!(seen.iter().eq(names.iter()));
        }
    }
}
