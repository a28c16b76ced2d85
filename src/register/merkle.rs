//! The Merkle tree of RFC 6962, section 2.1, over an office's events: it proves in a few hashes that an
//! event is in the register (inclusion) and that an older register is the beginning of a newer one
//! (consistency).

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// The hash of a leaf's bytes.
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// What must be kept of a tree for it to grow: the roots of its complete subtrees, greatest first; one
/// for each bit that is set in the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// A tree of so many leaves, from its peaks as [`Self::bytes`] wrote them.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (peaks, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && u64::from(size.count_ones()) == peaks.len() as u64;
        fits.then(|| Self { size, peaks: peaks.to_vec() })
    }

    /// The peaks, one after the other.
    pub fn bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root; that of the empty tree is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

/// The root over leaves' hashes.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// The greatest power of two below `size`, which is at least 2.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// Proof that leaf `index` is in the tree: the audit path of RFC 6962, 2.1.1. Empty where there is no
/// such leaf.
pub fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if index >= leaves.len() || leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if index < left.len() {
        (inclusion(left, index), root(right))
    } else {
        (inclusion(right, index - left.len()), root(left))
    };
    path.push(sibling);
    path
}

/// Whether an audit path proves that `leaf` is at `index` of a tree of `size` leaves with `root`
/// (RFC 9162, 2.1.3.2).
pub fn includes(root: &Hash, size: u64, index: u64, leaf: Hash, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Proof that the tree of the first `older` leaves is the beginning of the tree of all of them
/// (RFC 6962, 2.1.2).
pub fn consistency(leaves: &[Hash], older: usize) -> Vec<Hash> {
    if older == 0 || older >= leaves.len() { Vec::new() } else { subproof(leaves, older, true) }
}

fn subproof(leaves: &[Hash], older: usize, known: bool) -> Vec<Hash> {
    if older == leaves.len() {
        return if known { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if older <= left.len() {
        (subproof(left, older, known), root(right))
    } else {
        (subproof(right, older - left.len(), false), root(left))
    };
    path.push(sibling);
    path
}

/// A tree as a checkpoint knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Number of leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

/// Whether a path proves that `older` is the beginning of `newer` (RFC 9162, 2.1.4.2).
pub fn consistent(older: &Tree, newer: &Tree, path: &[Hash]) -> bool {
    if older.size == newer.size {
        return path.is_empty() && older.root == newer.root;
    }
    if older.size == 0 {
        return path.is_empty();
    }
    if older.size > newer.size {
        return false;
    }
    let mut path = path.iter();
    // A complete older tree is its own first hash.
    let first = if older.size.is_power_of_two() { Some(&older.root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (older.size - 1, newer.size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut old, mut new) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            (old, new) = (node(sibling, &old), node(sibling, &new));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new = node(&new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && old == older.root && new == newer.root
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    /// The leaves and roots of the reference implementation of Certificate Transparency.
    const VECTORS: [(&str, &str); 8] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let mut tree = Frontier::default();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(HEXLOWER.encode(&tree.root()), empty);
        for (bytes, root) in VECTORS {
            tree.push(leaf(&HEXLOWER.decode(bytes.as_bytes()).unwrap()));
            assert_eq!(HEXLOWER.encode(&tree.root()), root);
        }
    }

    /// Audit paths of the same reference: leaf 5 of 8, and consistency from 6 to 8.
    #[test]
    fn proofs_are_those_of_certificate_transparency() {
        let leaves: Vec<Hash> =
            VECTORS.iter().map(|(bytes, _)| leaf(&HEXLOWER.decode(bytes.as_bytes()).unwrap())).collect();
        let hex = |proof: Vec<Hash>| proof.iter().map(|hash| HEXLOWER.encode(hash)).collect::<Vec<_>>();
        assert_eq!(
            hex(inclusion(&leaves, 5)),
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(
            hex(consistency(&leaves, 6)),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
    }

    proptest! {
        #[test]
        fn a_frontier_is_kept_as_bytes(count in 0usize..200) {
            let mut tree = Frontier::default();
            leaves(count).into_iter().for_each(|leaf| tree.push(leaf));
            prop_assert_eq!(Frontier::from_bytes(count as u64, &tree.bytes()), Some(tree.clone()));
            prop_assert_eq!(Frontier::from_bytes(count as u64 * 2 + 1, &tree.bytes()), None);
        }

        #[test]
        fn only_the_true_leaf_is_included(count in 1usize..70, index in 0usize..70, bit in 0usize..256, at in 0usize..9) {
            let index = index % count;
            let leaves = leaves(count);
            let (root, size) = (root(&leaves), count as u64);
            let mut path = inclusion(&leaves, index);
            prop_assert!(includes(&root, size, index as u64, leaves[index], &path));
            prop_assert!(!includes(&root, size, index as u64, leaf(b"forged"), &path));
            prop_assert!(!includes(&root, size, size, leaves[index], &path));
            if count > 1 {
                prop_assert!(!includes(&root, size, ((index + 1) % count) as u64, leaves[index], &path));
                let at = at % path.len();
                path[at][bit / 8] ^= 1 << (bit % 8);
                prop_assert!(!includes(&root, size, index as u64, leaves[index], &path));
            }
        }

        #[test]
        fn only_a_true_beginning_is_consistent(count in 1usize..70, older in 1usize..70, changed in 0usize..70) {
            let older = 1 + (older - 1) % count;
            let all = leaves(count);
            let newer = Tree { size: count as u64, root: root(&all) };
            let path = consistency(&all, older);
            let begin = Tree { size: older as u64, root: root(&all[..older]) };
            prop_assert!(consistent(&begin, &newer, &path));
            let mut rewritten = all.clone();
            rewritten[changed % older] = leaf(b"forged");
            let other = Tree { size: count as u64, root: root(&rewritten) };
            prop_assert!(!consistent(&begin, &other, &consistency(&rewritten, older)));
            prop_assert!(!consistent(&other, &begin, &path) || older == count);
        }
    }
}
