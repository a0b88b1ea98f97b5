//! Codes and numbers by chance, from the system's source.

/// Digits and letters that are not taken for each other when read aloud or written by hand (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code of four groups of four, such as `K7QD-2MXA-R9TW-HC4E`: 80 bits of chance.
///
/// # Errors
/// When the system has no random bytes to give.
pub fn code() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let mut code = String::with_capacity(19);
    for (place, byte) in bytes.iter().enumerate() {
        if place % 4 == 0 && place > 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(code)
}

/// A number of 32 bits.
///
/// # Errors
/// When the system has no random bytes to give.
pub fn number() -> Result<u32, getrandom::Error> {
    getrandom::u32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_one_word_and_never_the_same() {
        let (one, two) = (code().unwrap(), code().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 19);
        assert!(one.bytes().all(|b| b == b'-' || ALPHABET.contains(&b)), "{one}");
    }
}
