//! Fail points: places at which a test kills the program. A build without the feature `fail-points`,
//! which is every build that is handed out, has none.
//!
//! Ours, because killing oneself at a named place takes six lines; the libraries for it bring a registry
//! and scripts of their own into the program.

/// Names of all fail points, in the order in which an issuance comes by: in T1, after it, after the press, in
/// T2, after it.
pub const ALL: [&str; 5] = ["beginning", "begun", "printed", "ending", "released"];

/// Those between a thing outside of the register and the notes about it: a key's file, a copy's.
pub const NOTED: [&str; 4] = ["key-begun", "key-made", "copy-begun", "copy-made"];

/// Ends the program at once, as a power cut would, if `SHOMEI_FAIL_POINT` names this place.
#[cfg(feature = "fail-points")]
pub fn fail_point(name: &str) {
    if std::env::var("SHOMEI_FAIL_POINT").is_ok_and(|wanted| wanted == name) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing.
#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub fn fail_point(_: &str) {}
