//! Templates, samples and procedures are embedded: a file that appears among them must rebuild the program.

fn main() {
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed=samples");
    println!("cargo:rerun-if-changed=seals");
    println!("cargo:rerun-if-changed=src/procedure/flows");
}
