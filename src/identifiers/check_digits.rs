//! The check-digit arithmetic that all identifiers share. Input is ASCII digits; callers have
//! looked at the shape already.

/// Weights of the first check digit of an identity number, its own place included.
pub(super) const PERSON_FIRST: [u32; 10] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
/// Weights of the second check digit of an identity number, its own place included.
pub(super) const PERSON_SECOND: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
/// Weights of an organisation number.
pub(super) const ORGANISATION: [u32; 9] = [3, 2, 7, 6, 5, 4, 3, 2, 1];
/// Weights of an account number.
pub(super) const ACCOUNT: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}

/// The weighted sum modulo 11. The check digit's own weight is 1, so that 0 means correct.
pub(super) fn remainder_11(digits: &[u8], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(byte, weight)| digit(*byte) * weight)
        .sum::<u32>()
        % 11
}

/// The MOD10 (Luhn) check character of `payload`.
pub(super) fn mod10(payload: &[u8]) -> u8 {
    let sum: u32 = payload
        .iter()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let product = digit(*byte) * if place % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    character((10 - sum % 10) % 10)
}

/// The MOD11 check character of `payload`, with the weights 2 to 7 over and over from the
/// right. Where the arithmetic gives ten, the character is a hyphen.
pub(super) fn mod11(payload: &[u8]) -> u8 {
    let sum: u32 = payload
        .iter()
        .rev()
        .zip((2..=7).cycle())
        .map(|(byte, weight)| digit(*byte) * weight)
        .sum();
    match (11 - sum % 11) % 11 {
        10 => b'-',
        value => character(value),
    }
}

fn character(value: u32) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or_default()
}
