//! What a person compares to know that a server is the one it was: SHA-256 over its certificate, as hex and as words.
//!
//! It owns how a fingerprint is made, written and read; whether one is trusted is the client's matter.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// 2048 short English words, sorted, one a line. No two differ by one letter only, so that they can be told apart when
/// read out. Their order is part of what people compare: it never changes.
const WORDS: &str = include_str!("words.txt");
/// The bits one word stands for.
const BITS: usize = 11;

/// SHA-256 over a certificate in DER form. Displays as `9f:3c:…`, 32 bytes in lower-case hex.
///
/// ```
/// use klatch_protocol::Fingerprint;
/// let seen = Fingerprint::of(b"a certificate");
/// assert_eq!(seen.to_string().parse(), Ok(seen));
/// assert_eq!(seen.words().len(), 4);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 32 bytes in hex, with colons between them or without")]
pub struct BadFingerprint;

impl Fingerprint {
    /// The fingerprint of the leaf certificate `der`.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Fingerprint(Sha256::digest(der).into())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Four words for the first 44 bits: enough to notice another server by chance or by mistake. Who expects an
    /// attacker with much computing power compares the hex.
    #[must_use]
    pub fn words(&self) -> [&'static str; 4] {
        let bits = self.0[..6].iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) >> 4;
        std::array::from_fn(|place| {
            let index = bits >> (BITS * (3 - place)) & ((1 << BITS) - 1);
            WORDS.lines().nth(index).unwrap_or_default()
        })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    /// Reads hex in either case, with a colon between all bytes or none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let step = if text.contains(':') { 3 } else { 2 };
        let text = text.as_bytes();
        if text.len() != 32 * step - (step - 2) {
            return Err(BadFingerprint);
        }
        let mut bytes = [0; 32];
        for (byte, part) in bytes.iter_mut().zip(text.chunks(step)) {
            *byte = match *part {
                [high, low] | [high, low, b':'] => digit(high)? << 4 | digit(low)?,
                _ => return Err(BadFingerprint),
            };
        }
        Ok(Fingerprint(bytes))
    }
}

fn digit(byte: u8) -> Result<u8, BadFingerprint> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(BadFingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_nothing_is_the_published_one() {
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text.parse(), Ok(Fingerprint::of(b"")));
        assert_eq!(Fingerprint::of(b"").to_string().replace(':', ""), text);
    }

    #[test]
    fn what_is_shown_can_be_read_back() {
        let seen = Fingerprint::of(b"x");
        assert_eq!(seen.to_string().parse(), Ok(seen));
        assert_eq!(seen.to_string().to_uppercase().parse(), Ok(seen));
        let hex = seen.to_string();
        for bad in ["", "9f", &hex[1..], &hex.replacen(':', "", 1), &hex.replacen(':', "-", 1), &"x".repeat(64)] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(BadFingerprint), "{bad}");
        }
    }

    #[test]
    fn words_stand_for_eleven_bits_each() {
        let words: Vec<_> = WORDS.lines().collect();
        let mut bytes = [0; 32];
        assert_eq!(Fingerprint(bytes).words(), [words[0]; 4]);
        bytes[..6].copy_from_slice(&[0xFF; 6]);
        assert_eq!(Fingerprint(bytes).words(), [words[2047]; 4]);
        // 00000000001 00000000010 00000000011 00000000100, then four bits that do not count.
        bytes[..6].copy_from_slice(&[0x00, 0x20, 0x08, 0x01, 0x80, 0x4F]);
        assert_eq!(Fingerprint(bytes).words(), [words[1], words[2], words[3], words[4]]);
    }

    #[test]
    fn the_words_are_short_sorted_and_easily_told_apart() {
        let words: Vec<_> = WORDS.lines().collect();
        assert_eq!(words.len(), 1 << BITS);
        assert!(words.is_sorted_by(|a, b| a < b));
        for (index, word) in words.iter().enumerate() {
            assert!((3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
            for other in &words[index + 1..] {
                assert!(!one_letter_apart(word, other), "{word} and {other}");
            }
        }
    }

    /// Whether replacing, adding or leaving out one letter makes one of the other.
    fn one_letter_apart(a: &str, b: &str) -> bool {
        let same_start = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
        let (a, b) = (&a[same_start..], &b[same_start..]);
        match a.len().cmp(&b.len()) {
            std::cmp::Ordering::Equal => a.get(1..) == b.get(1..),
            std::cmp::Ordering::Less => b.get(1..) == Some(a),
            std::cmp::Ordering::Greater => a.get(1..) == Some(b),
        }
    }
}
