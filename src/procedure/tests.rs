use super::*;

#[test]
fn forty_eight_procedures() {
    let all = Procedures::embedded().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.all().len(), 48);
}
