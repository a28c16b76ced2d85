//! 職員の登録: who works where is changed by two people.

use crate::office::Place;

/// What two people of 北区 change.
fn changed(place: &Place, change: &str) {
    let proposal = place.done(&format!("user {change} --as kita-shonin"));
    place.done(&format!("user confirm {} --as kita-shonin-2", proposal.trim()));
}

#[test]
fn one_proposes_and_another_who_may_confirms() {
    let place = Place::new();
    let add = "user add kita-atarashii --name N --role city-reviewer --right import";
    assert!(place.refused(&format!("{add} --as kita-shinsa")).contains("no-right"));
    let proposal = place.done(&format!("{add} --as kita-shonin")).trim().to_owned();
    let confirm = |who: &str| place.refused(&format!("user confirm {proposal} --as {who}"));
    assert!(confirm("kita-shonin").contains("proposal-own"));
    assert!(confirm("kita-shinsa").contains("no-right"));
    // Another ward is told of a proposal as of none.
    assert!(confirm("minato-shonin").contains("no-proposal"));
    assert!(place.refused("user confirm none --as minato-shonin").contains("no-proposal"));
    assert_eq!(place.done("user proposals --as minato-shonin"), "");
    assert!(place.done("user proposals --as kita-shonin-2").contains(&proposal));
    assert!(place.refused("user list --as kita-atarashii").contains("no-person"), "not before it is confirmed");
    place.done(&format!("user confirm {proposal} --as kita-shonin-2"));
    assert!(place.done("user list --as kita-atarashii").contains("kita-atarashii\tkita-ku\tN\tcity-reviewer"));
    assert!(confirm("kita-shonin-2").contains("no-proposal"), "once");
    assert_eq!(place.done("user proposals --as kita-shonin"), "");
    assert!(place.refused(&format!("{add} --as kita-shonin")).contains("account-taken"));
}

#[test]
fn what_was_changed_meanwhile_is_not_confirmed() {
    let place = Place::new();
    let old = place.done("user rights kita-shinsa --right fees --as kita-shonin").trim().to_owned();
    changed(&place, "rights kita-shinsa --right import");
    assert_eq!(place.done("user proposals --as kita-shonin-2"), "");
    assert!(place.refused(&format!("user confirm {old} --as kita-shonin-2")).contains("proposal-lapsed"));
    // Who lost the right since proposing has proposed nothing.
    let left = place.done("user end kita-shogo --as kita-shonin").trim().to_owned();
    changed(&place, "rights kita-shinsa --right people");
    let taken = place.done("user rights kita-shonin --as kita-shonin-2").trim().to_owned();
    place.done(&format!("user confirm {taken} --as kita-shinsa"));
    assert!(place.refused(&format!("user confirm {left} --as kita-shonin-2")).contains("no-right"));
    place.done("audit --lists --as kita-shinsa");
}

#[test]
fn an_account_that_is_over_does_nothing_and_its_number_is_not_given_again() {
    let place = Place::new();
    changed(&place, "end kita-madoguchi");
    assert!(place.refused("case open juminhyo-kofu --as kita-madoguchi").contains("no-person"));
    let again = "user add kita-madoguchi --name N --role city-counter --as kita-shonin";
    assert!(place.refused(again).contains("account-taken"));
    // Another ward's accounts are told of as none.
    for person in ["minato-madoguchi", "nobody"] {
        let told = place.refused(&format!("user end {person} --as kita-shonin"));
        assert!(told.contains("no-person"), "{told}");
    }
    let both = "user add kita-ryoho --name N --role city-counter --role contractor-input --as kita-shonin";
    assert!(place.refused(both).contains("actor-mixed-parties"));
}

#[test]
fn the_first_two_of_an_office_are_entered_once_and_only_where_there_is_nobody() {
    let place = Place::new();
    let one = "user first kita-ku kita-ichi=A kita-ichi=A";
    assert!(place.refused(one).contains("accounts-not-two"));
    assert!(place.refused("user list --as kita-shonin").contains("no-person"), "nobody of the sample");
    place.done("user first kita-ku kita-ichi=A kita-ni=B");
    assert!(place.refused("user first kita-ku kita-san=C kita-yon=D").contains("accounts-not-first"));
    let proposal = place.done("user add kita-san --name C --role contractor-counter --as kita-ichi");
    place.done(&format!("user confirm {} --as kita-ni", proposal.trim()));
    place.done("case open juminhyo-kofu --as kita-san");
    // The sample's offices have theirs.
    let sample = Place::new();
    sample.done("user list --as kita-shonin");
    assert!(sample.refused("user first kita-ku kita-ichi=A kita-ni=B").contains("accounts-not-first"));
}
