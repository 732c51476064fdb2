//! Passwords of tokens: made by the server, never chosen, kept only as a keyed hash (decision D3).
//!
//! Form: `pcl_`, 43 characters of `[0-9A-Za-z]` that hold 256 random bits, 6 characters that hold their CRC-32. So secret
//! scanners can find one, a typo can be told from a wrong password without asking the server, and nothing in it needs
//! escaping in a URL, a form or a shell.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

// Secret scanners look for it: never change the prefix of existing passwords.
const PREFIX: &str = "pcl_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 > 2^256.
const BODY_CHARS: usize = 43;
/// 62^6 > 2^32.
const CHECKSUM_CHARS: usize = 6;
// Separate these uses of the same key from each other.
const HASH_CONTEXT: &[u8] = b"portcullis token password v1\0";
const DERIVE_CONTEXT: &[u8] = b"portcullis derived password v1\0";

/// Which of a token's two passwords (swagger, TokenPasswordName).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordName {
    /// `password1`
    Password1,
    /// `password2`
    Password2,
}

impl PasswordName {
    /// Both, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Password1, Self::Password2];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password1 => "password1",
            Self::Password2 => "password2",
        }
    }

    /// Reads the name without regard to case; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str().eq_ignore_ascii_case(text))
    }
}

/// The secret itself. Prints as a constant, is wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// Makes the password that holds these 256 bits, which must come from a cryptographic random source.
    pub fn from_entropy(mut entropy: [u8; 32]) -> Self {
        let mut text = String::with_capacity(PREFIX.len() + BODY_CHARS + CHECKSUM_CHARS);
        text.push_str(PREFIX);
        for _ in 0..BODY_CHARS {
            text.push(digit(divide_by_62(&mut entropy)));
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// Takes what a client presented, whatever it is. Only [`PasswordHash`] tells whether it is right.
    pub fn presented(text: String) -> Self {
        Self(text)
    }

    /// Whether prefix, length and checksum are those of a password made here: `false` means a typo or another product's secret.
    pub fn is_well_formed(&self) -> bool {
        let body_end = PREFIX.len() + BODY_CHARS;
        self.0.len() == body_end + CHECKSUM_CHARS
            && self.0.starts_with(PREFIX)
            && self.0.is_ascii()
            && checksum(&self.0[..body_end]) == self.0[body_end..]
    }

    /// The secret text, to be shown once or hashed. Never log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

fn digit(value: u32) -> char {
    char::from(ALPHABET[(value % 62) as usize])
}

/// Divides the big-endian number in place and gives the remainder.
fn divide_by_62(number: &mut [u8; 32]) -> u32 {
    number.iter_mut().fold(0, |remainder, byte| {
        let dividend = remainder << 8 | u32::from(*byte);
        // Below 256, because the remainder is below 62.
        *byte = (dividend / 62) as u8;
        dividend % 62
    })
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    (0..CHECKSUM_CHARS)
        .map(|_| {
            let last = digit(rest);
            rest /= 62;
            last
        })
        .collect()
}

/// The server's key for password hashes (a pepper), kept outside the database. Prints as a constant, is wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// A key of 256 random bits.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Makes the password of a salt, the same every time: for passwords that are shown more than once, so that none is stored.
    pub fn derive(&self, salt: &Salt) -> Password {
        Password::from_entropy(self.mac(&[DERIVE_CONTEXT, &salt.0]))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // RFC 2104 section 2: a key shorter than the block is padded with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        block.zeroize();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What a derived password is derived from, besides the pepper: 256 random bits, of no use alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// From a random source, or from the store.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// What is stored of a password: HMAC-SHA-256 under the server's key. A slow hash would add nothing to 256 random bits
/// and would let anyone load the server with guesses (data-plane-and-auth.md, 8.3).
#[derive(Clone, Copy)]
pub struct PasswordHash([u8; 32]);

impl PasswordHash {
    /// Hashes a password that was made or presented.
    pub fn of(pepper: &Pepper, password: &Password) -> Self {
        Self(pepper.mac(&[HASH_CONTEXT, password.0.as_bytes()]))
    }

    /// From the store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, presented: &Self) -> bool {
        self.0.ct_eq(&presented.0).into()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_one() {
        // All-zero entropy makes all-zero digits, so only the checksum varies; pinned because passwords outlive releases.
        let password = Password::from_entropy([0; 32]);
        assert_eq!(
            password.reveal(),
            format!("pcl_{}{}", "0".repeat(43), checksum(&format!("pcl_{}", "0".repeat(43))))
        );
        assert_eq!(password.reveal().len(), 53);
    }

    #[test]
    fn debug_hides_everything() {
        let (key, password) = (Pepper::new([7; 32]), Password::from_entropy([9; 32]));
        let shown = format!("{password:?} {key:?} {:?}", PasswordHash::of(&key, &password));
        assert_eq!(shown, "Password(…) Pepper(…) PasswordHash(…)");
    }

    #[test]
    fn the_key_matters() {
        let password = Password::from_entropy([9; 32]);
        let hash = |key: u8| PasswordHash::of(&Pepper::new([key; 32]), &password);
        assert!(hash(1).matches(&hash(1)));
        assert!(!hash(1).matches(&hash(2)));
    }

    proptest! {
        #[test]
        fn made_ones_are_well_formed_and_distinct(a: [u8; 32], b: [u8; 32]) {
            let (first, second) = (Password::from_entropy(a), Password::from_entropy(b));
            prop_assert!(first.is_well_formed());
            prop_assert!(!first.reveal().contains(['/', '+', '=', '-', '%']));
            prop_assert_eq!(a == b, first.reveal() == second.reveal());
        }

        #[test]
        fn one_wrong_character_is_seen(entropy: [u8; 32], position in 4usize..53) {
            let mut text = Password::from_entropy(entropy).reveal().to_owned();
            let other = if &text[position..=position] == "x" { "y" } else { "x" };
            text.replace_range(position..=position, other);
            prop_assert!(!Password::presented(text).is_well_formed());
        }

        #[test]
        fn whatever_is_presented_is_taken(text in ".{0,80}") {
            let password = Password::presented(text.clone());
            prop_assert_eq!(password.reveal(), text);
            prop_assert!(!password.is_well_formed());
        }
    }
}
